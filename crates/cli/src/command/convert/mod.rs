//! `notafter convert`: from any container of keys and certificates to another.

mod chosen;
mod format;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use notafter_keys::unpack::{Unpacked, Wanted};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::made::Place;
use crate::opened;
use crate::password::{self, Asked, Source};
use crate::session::Session;
use chosen::Chosen;

/// Convert keys and certificates: PEM, DER, PKCS#7, PKCS#12; Java keystores are read
///
/// Reads files of any kind, puts the chain into its order (leaf first), checks that the key is the certificate's, and writes
/// one file: notafter convert shop.pem shop.key --out shop.p12 makes a PKCS#12 file, notafter convert shop.p12 --out all.pem
/// opens it. The ending of --out says what is written, where --to does not.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Files with certificates, keys, requests; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What is written [default: by the ending of --out, else pem]
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Option<Format>,
    /// What of it is written
    #[arg(long, value_enum, value_name = "PART", default_value_t = Part::All)]
    only: Part,
    /// Write it into this file; - is standard output, and the default where no private key is in it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// One more file, with the key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Of several keys, the one of this name
    #[arg(long, value_name = "ALIAS")]
    entry: Option<String>,
    /// What the entry is called in PKCS#12 [default: the certificate's name]
    #[arg(long, value_name = "ALIAS")]
    name: Option<String>,
    /// The files open with the password in the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Option<PathBuf>,
    /// The files open with the password in this variable
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
    /// Seal the key, or the PKCS#12 file, under the password in the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "out_password_env")]
    out_password_file: Option<PathBuf>,
    /// Seal the key, or the PKCS#12 file, under the password in this variable
    #[arg(long, value_name = "NAME")]
    out_password_env: Option<String>,
    /// Write PKCS#12 for systems before 2018: triple DES and SHA-1
    #[arg(long)]
    legacy: bool,
    /// Replace the file that is there
    #[arg(long)]
    force: bool,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Certificates, then the key (PKCS#8), in text
    #[value(alias = "crt")]
    Pem,
    /// One certificate, key, request or list by itself
    Der,
    /// Certificates without a key (.p7b)
    #[value(aliases = ["p7b", "p7c"])]
    Pkcs7,
    /// Key and certificates under a password (.p12, .pfx; Java reads it as a keystore)
    #[value(aliases = ["p12", "pfx"])]
    Pkcs12,
    /// The key alone, in text
    #[value(alias = "key")]
    Pkcs8,
    /// The key alone, as old programs want it: PKCS#1 for RSA, SEC1 for elliptic curves
    #[value(aliases = ["pkcs1", "sec1"])]
    Traditional,
}

/// What of it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Everything
    All,
    /// The chain, leaf first
    Fullchain,
    /// The leaf
    #[value(alias = "cert")]
    Leaf,
    /// The chain without the leaf
    Chain,
    /// The key
    Key,
}

impl Format {
    /// By the ending of a file.
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "pem" | "crt" | "csr" => Self::Pem,
            "der" | "cer" => Self::Der,
            "p7b" | "p7c" => Self::Pkcs7,
            "p12" | "pfx" => Self::Pkcs12,
            "key" | "p8" => Self::Pkcs8,
            _ => return None,
        })
    }

    /// What is asked for, else what the ending of the file says.
    fn asked(args: &Args) -> Result<Self, Failure> {
        let out = args.out.as_deref();
        if let Some(format) = args.to.or_else(|| out.and_then(Self::of)) {
            return Ok(format);
        }
        let ending = out.and_then(Path::extension).map(std::ffi::OsStr::to_ascii_lowercase);
        let is_of_java = ending.is_some_and(|ending| ["jks", "jceks", "keystore"].iter().any(|java| ending == *java));
        if is_of_java {
            let hint = "Java reads PKCS#12 whatever the file is called: add --to pkcs12";
            return Err(Failure::usage("Java's own keystores are not written", hint));
        }
        Ok(Self::Pem)
    }

    /// What it is called.
    const fn name(self) -> &'static str {
        match self {
            Self::Pem => "PEM",
            Self::Der => "DER",
            Self::Pkcs7 => "PKCS#7",
            Self::Pkcs12 => "PKCS#12",
            Self::Pkcs8 => "PKCS#8",
            Self::Traditional => "the traditional form",
        }
    }

    /// Whether it can hold a private key.
    const fn holds_a_key(self) -> bool {
        !matches!(self, Self::Pkcs7)
    }
}

/// What is asked for, and makes sense.
struct Order {
    format: Format,
    part: Part,
    legacy: bool,
    name: Option<String>,
    password: Option<Zeroizing<String>>,
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let format = Format::asked(&args)?;
    let is_guessed = args.to.is_none() && args.out.as_deref().is_some_and(|out| Format::of(out).is_none());
    let part = match format {
        Format::Pkcs8 | Format::Traditional => Part::Key,
        _ => args.only,
    };
    makes_sense(&args, format, part)?;
    let place = Place::of(args.out.as_deref(), args.force)?;
    let wants_key = format.holds_a_key() && matches!(part, Part::All | Part::Key);
    let wanted = if wants_key { Wanted::Everything } else { Wanted::WithoutKeys };
    let source = Source::of(args.password_file, args.password_env);
    let mut heap = Vec::new();
    for file in args.files.iter().chain(&args.key) {
        let unpacked = opened::open(file, wanted, source.as_ref(), session).await?;
        undamaged(file, &unpacked)?;
        heap.push((file.display().to_string(), unpacked));
    }
    let chosen = Chosen::among(heap, args.entry.as_deref())?;
    let source = Source::of(args.out_password_file, args.out_password_env);
    let password = password_of(format, source.as_ref(), session).await?;
    let order = Order { format, part, legacy: args.legacy, name: args.name, password };
    let content = format::write(&order, &chosen)?;
    place.take(&content.made())?;
    let kind = is_guessed.then(|| format.name());
    tell(&place, &content, &chosen, kind);
    Ok(Exit::Done)
}

/// The password under which the result is sealed.
async fn password_of(
    format: Format,
    source: Option<&Source>,
    session: &Session,
) -> Result<Option<Zeroizing<String>>, Failure> {
    let password = match source {
        Some(source) => source.read(session)?,
        None if format == Format::Pkcs12 => typed().await?,
        None => return Ok(None),
    };
    // Some programs read PKCS#12 files under no other password.
    if format == Format::Pkcs12 && password.is_empty() {
        anstream::eprintln!("the password is empty: whoever can read the file has what is in it");
        return Ok(Some(password));
    }
    password::for_sealing(password).map(Some)
}

/// What can be seen wrong before a file is read.
fn makes_sense(args: &Args, format: Format, part: Part) -> Result<(), Failure> {
    if args.legacy && format != Format::Pkcs12 {
        return Err(Failure::usage("--legacy is about PKCS#12", "write --to pkcs12, or leave it out"));
    }
    let has_password = args.out_password_file.is_some() || args.out_password_env.is_some();
    let can_be_sealed = matches!(format, Format::Pkcs12 | Format::Pkcs8)
        || (matches!(format, Format::Pem | Format::Der) && matches!(part, Part::All | Part::Key));
    if has_password && !can_be_sealed {
        let hint = "leave --out-password-file out, or write --to pkcs8 or pkcs12";
        return Err(Failure::usage("what is asked for cannot be put under a password", hint));
    }
    let is_key_alone = matches!(format, Format::Pkcs8 | Format::Traditional);
    if is_key_alone && !matches!(args.only, Part::All | Part::Key) {
        let hint = "write --to pem or --to der for certificates, or give --out another ending";
        return Err(Failure::usage(format!("{} holds a private key alone", format.name()), hint));
    }
    if part == Part::Key && format == Format::Pkcs7 {
        return Err(Failure::usage("PKCS#7 holds no private keys", "write --to pkcs8 or --to pkcs12"));
    }
    Ok(())
}

/// A chain with a hole would look like a whole one.
fn undamaged(file: &Path, unpacked: &Unpacked) -> Result<(), Failure> {
    let Some((which, why)) = unpacked.damaged.first() else { return Ok(()) };
    let hint = "get the file anew from where it was made, or take the damaged part out of it";
    Err(Failure::new(format!("{} is damaged", file.display()), hint)
        .because(format!("{which} cannot be read: {why}")))
}

async fn typed() -> Result<Zeroizing<String>, Failure> {
    match password::ask_for_new("password for the PKCS#12 file").await? {
        Asked::Typed(password) => Ok(password),
        Asked::Nobody => {
            let hint = "write the password into a file, and name it with --out-password-file";
            Err(Failure::usage("a PKCS#12 file has a password, and there is no terminal to ask for one", hint))
        }
    }
}

/// What was written, on standard error: standard output is for the result. The format is told where nobody asked for it.
fn tell(place: &Place, content: &format::Content, chosen: &Chosen, format: Option<&str>) {
    if matches!(place, Place::File(..)) {
        let format = format.map(|format| format!(" (written as {format})")).unwrap_or_default();
        anstream::eprintln!("{}: {}{format}", place.name(), content.what);
    }
    if !content.left_out.is_empty() {
        anstream::eprintln!("left out, {} holds none: {}", content.format, content.left_out.join(", "));
    }
    if !chosen.strangers.is_empty() {
        anstream::eprintln!("left out, not of this chain: {}", chosen.strangers.join(", "));
    }
    if content.is_secret && chosen.fits == Some(true) {
        anstream::eprintln!("the key is the certificate's");
    }
}
