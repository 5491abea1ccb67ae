//! The certificates as PDF, as dots and as paper: what independent programs make of them.

mod sample;

#[test]
fn look() {
    for permit in sample::permits() {
        for (name, pdf) in sample::sheets(&permit) {
            std::fs::File::create(format!("/tmp/scratch/certificate/out/{name}.pdf")).and_then(|mut f| std::io::Write::write_all(&mut f, &pdf)).unwrap();
        }
    }
}
