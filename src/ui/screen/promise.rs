//! The promise (告知承诺): its whole text, and the box to sign in.

use iced::widget::{Column, column, row, space};
use iced::{Center, Element, Fill, Size};

use super::{Message as Touched, Page, Scene};
use crate::domain::{Signature, Stroke};
use crate::session::event::Event;
use crate::ui::theme::{self, Look};
use crate::ui::widget::icon::Icon;
use crate::ui::widget::{label, panel, press, signature};

/// The signature so far.
#[derive(Debug)]
pub(crate) struct Screen {
    signature: Signature,
}

/// What was touched.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// A stroke was drawn.
    Drawn(Stroke),
    /// "Sign again".
    Cleared,
    /// "Agree and submit".
    Signed,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self { signature: Signature::default() }
    }

    pub(super) fn update(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Drawn(stroke) => {
                let room = Signature::POINTS_MAX.saturating_sub(self.signature.points());
                if stroke.0.len() <= room && self.signature.strokes.len() < Signature::STROKES_MAX {
                    self.signature.strokes.push(stroke);
                }
                None
            }
            Message::Cleared => {
                self.signature = Signature::default();
                None
            }
            Message::Signed => {
                self.signature.is_signed().then(|| Event::PromiseSigned(self.signature.clone()))
            }
        }
    }

    pub(super) fn view<'a>(&'a self, scene: Scene<'a>) -> Page<'a> {
        let look = scene.look;
        let text = promise(scene);
        let signed = self.signature.is_signed().then_some(Touched::Promise(Message::Signed));
        let words =
            if signed.is_some() { look.text.promise_sign } else { look.text.promise_unsigned };
        Page {
            title: text.map_or("", |text| text.title.get(look.language)).into(),
            lead: look.text.promise_lead.into(),
            body: Box::new(move |room| self.body(scene, room)),
            primary: Some(press::primary(&look, words, Icon::Check, signed)),
            must_be_read: true,
            back: None,
        }
    }

    fn body<'a>(&'a self, scene: Scene<'a>, room: Size) -> Element<'a, Touched> {
        let look = scene.look;
        let text = promise(scene).map_or("", |text| text.text.get(look.language));
        let paragraphs = text.lines().map(|paragraph| label::body(&look, paragraph).into());
        let card = panel::card(&look, Column::with_children(paragraphs).spacing(theme::space::S));
        if look.is_wide() {
            let pad = (room.height - 242.0).clamp(200.0, 520.0);
            // Whoever has read to the end of it finds the box there.
            return row![card, self.signing(&look, pad)]
                .spacing(theme::space::L)
                .align_y(iced::Bottom)
                .into();
        }
        // The box takes what the text leaves: a name is drawn better with room.
        let width = room.width - 2.0 * theme::space::M;
        let text_px: f32 = text
            .lines()
            .map(|paragraph| label::body_height(paragraph, width) + theme::space::S)
            .sum();
        let pad = (room.height - text_px - 312.0).clamp(240.0, 620.0);
        column![card, self.signing(&look, pad)].spacing(theme::space::M).into()
    }

    fn signing<'a>(&'a self, look: &Look, height: f32) -> Element<'a, Touched> {
        let clear =
            (!self.signature.strokes.is_empty()).then_some(Touched::Promise(Message::Cleared));
        let pad = signature::pad(look, &self.signature, height, |stroke| {
            Touched::Promise(Message::Drawn(stroke))
        });
        let person = press::secondary(
            look,
            "person",
            look.text.promise_person,
            Icon::Person,
            Some(Touched::Tell(Event::PersonWanted(true))),
        );
        column![
            row![
                label::strong(look, look.text.promise_here),
                space().width(Fill),
                press::secondary(look, "clear", look.text.promise_clear, Icon::Eraser, clear),
            ]
            .align_y(Center),
            iced::widget::container(pad).id("signature"),
            // Who cannot draw, or does not want to promise, need not.
            person,
        ]
        .spacing(theme::space::S)
        .width(Fill)
        .into()
    }
}

fn promise(scene: Scene<'_>) -> Option<&crate::rules::PromiseText> {
    let version = scene.session.entry()?.promise.as_ref()?;
    scene.session.catalogue().promise(version)
}
