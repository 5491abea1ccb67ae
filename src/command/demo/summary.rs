//! What a demonstration made, and where: for the person who started it.

use std::path::Path;

use anyhow::Context as _;

use super::applicant::Made;
use crate::command::say;

/// Tells everything that was made, and keeps the verification pages beside it.
pub(super) async fn tell(dir: &Path, pages: &str, made: &[Made]) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    for Made { visit, decision, pictures, papers } in made {
        say("");
        say(format_args!("── {} ── {}", visit.name, visit.about));
        say(format_args!("verdict   {}", decision["verdict"].as_str().unwrap_or("?")));
        if let Some(number) = decision["number"].as_str() {
            say(format_args!("permit    {number}"));
        }
        if let Some(url) = decision["page_url"].as_str() {
            // The address on paper is the public host; this machine's central serves the same page.
            let path = url.split_once("/v/").map_or("", |(_, id)| id);
            let local = format!("{pages}/v/{path}");
            let page =
                super::child::until(super::START, "central to have the permit", async || {
                    let answer = client.get(&local).send().await.context("central is gone")?;
                    Ok(if answer.status().is_success() { Some(answer.text().await?) } else { None })
                })
                .await?;
            let file = dir.join("pictures").join(format!("{}-page.html", visit.name));
            permit_kiosk::durable::write(&file, page.as_bytes())
                .with_context(|| format!("cannot keep {}", file.display()))?;
            say(format_args!("page      {local}"));
            say(format_args!("          as HTML in {}", file.display()));
        }
        if let Some(number) = decision["number"].as_str() {
            for document in ["original", "copy"] {
                let pdf = dir.join("certificates").join(format!("{number}-{document}.pdf"));
                if pdf.exists() {
                    say(format_args!("pdf       {}", pdf.display()));
                }
            }
        }
        for (what, picture) in papers {
            say(format_args!("paper     {what}: {}", picture.display()));
        }
        for picture in pictures {
            say(format_args!("screen    {}", picture.display()));
        }
    }
    Ok(())
}
