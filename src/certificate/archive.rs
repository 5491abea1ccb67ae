//! Makes a drawn document a PDF/A-1b (ISO 19005-1): everything inside, nothing left to the reader.

use jiff::civil::Date;
use lopdf::{Dictionary, Document, Object, Stream, StringFormat, dictionary};
use printpdf::{PdfDocument, PdfSaveOptions};
use sha2::{Digest as _, Sha256};

use super::{Error, icc};

const PRODUCER: &str = "permit-kiosk";

/// Writes the document. Its dates are the day of issue, its identifier a digest of what it shows.
pub(super) fn write(document: PdfDocument, title: &str, day: Date) -> Result<Vec<u8>, Error> {
    archived(document, title, day).map_err(|source| Error::WritePdf { source })
}

fn archived(document: PdfDocument, title: &str, day: Date) -> Result<Vec<u8>, lopdf::Error> {
    let options = PdfSaveOptions { image_optimization: None, ..PdfSaveOptions::default() };
    let mut warnings = Vec::new();
    let mut pdf = document.to_lopdf_document(&options, &mut warnings);
    // PDF 1.4 is what PDF/A-1 is made of (ISO 19005-1, 2).
    "1.4".clone_into(&mut pdf.version);

    for page in pdf.get_pages().into_values().collect::<Vec<_>>() {
        pdf.get_dictionary_mut(page)?.remove(b"Annots");
    }
    add_cid_sets(&mut pdf)?;

    let profile = pdf.add_object(Stream::new(dictionary! { "N" => 3 }, icc::srgb()));
    let intent = dictionary! {
        "Type" => "OutputIntent",
        "S" => "GTS_PDFA1",
        "OutputConditionIdentifier" => Object::string_literal("sRGB IEC61966-2.1"),
        "Info" => Object::string_literal("sRGB IEC61966-2.1"),
        "DestOutputProfile" => profile,
    };
    // Metadata must not be compressed (ISO 19005-1, 6.7.2).
    let metadata = Stream::new(
        dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
        xmp(title, day).into_bytes(),
    )
    .with_compression(false);
    let metadata = pdf.add_object(metadata);
    let catalog = pdf.catalog_mut()?;
    catalog.set("OutputIntents", vec![intent.into()]);
    catalog.set("Metadata", metadata);
    catalog.set("Lang", Object::string_literal("zh-CN"));

    // Every entry stands in the metadata with the same value (ISO 19005-1, 6.7.3).
    let date = format!("D:{}000000+08'00'", day.strftime("%Y%m%d"));
    let info = pdf.add_object(dictionary! {
        "Title" => utf16(title),
        "Producer" => Object::string_literal(PRODUCER),
        "CreationDate" => Object::string_literal(date.as_str()),
        "ModDate" => Object::string_literal(date.as_str()),
    });
    pdf.trailer.set("Info", info);
    pdf.prune_objects();
    pdf.renumber_objects();

    // The generator's identifier comes from a fixed seed and is the same for every document.
    pdf.trailer.remove(b"ID");
    let mut plain = Vec::new();
    pdf.save_to(&mut plain)?;
    let digest = Sha256::digest(&plain);
    let id = Object::String(digest.as_slice()[..16].to_vec(), StringFormat::Hexadecimal);
    pdf.trailer.set("ID", vec![id.clone(), id]);

    pdf.compress();
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes)?;
    Ok(bytes)
}

/// Adds to every font the set of the characters it was cut down to (ISO 19005-1, 6.3.5).
fn add_cid_sets(pdf: &mut Document) -> Result<(), lopdf::Error> {
    let mut sets = Vec::new();
    for object in pdf.objects.values() {
        let Ok(font) = object.as_dict() else { continue };
        let Ok(descendants) = font.get(b"DescendantFonts").and_then(Object::as_array) else {
            continue;
        };
        for descendant in descendants {
            let descendant = pdf.dereference(descendant)?.1.as_dict()?;
            let descriptor = descendant.get(b"FontDescriptor")?.as_reference()?;
            sets.push((descriptor, cid_set(descendant.get(b"W")?.as_array()?)?));
        }
    }
    for (descriptor, set) in sets {
        let set = pdf.add_object(Stream::new(Dictionary::new(), set));
        pdf.get_dictionary_mut(descriptor)?.set("CIDSet", set);
    }
    Ok(())
}

/// The set as bits, the highest bit of the first byte for the missing glyph 0. The widths array
/// lists every character as `first [w w w]` (PDF 1.4, 5.6.3).
fn cid_set(widths: &[Object]) -> Result<Vec<u8>, lopdf::Error> {
    let mut set = vec![0x80];
    let (pairs, _) = widths.as_chunks::<2>();
    for [first, list] in pairs {
        let first = usize::try_from(first.as_i64()?)?;
        for cid in first..first + list.as_array()?.len() {
            if set.len() <= cid / 8 {
                set.resize(cid / 8 + 1, 0);
            }
            if let Some(byte) = set.get_mut(cid / 8) {
                *byte |= 0x80 >> (cid % 8);
            }
        }
    }
    Ok(set)
}

fn utf16(text: &str) -> Object {
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    Object::String([0xFE, 0xFF].into_iter().chain(units).collect(), StringFormat::Hexadecimal)
}

fn xmp(title: &str, day: Date) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    let date = format!("{}T00:00:00+08:00", day.strftime("%Y-%m-%d"));
    format!(
        r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>{PRODUCER}</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>1</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"#,
        bom = '\u{FEFF}',
    )
}
