//! The CA of a certificate that is taken over: an issuer that is known with the same account, or a new one. It is asked
//! before anything is switched off: what it cannot be asked now it could not be asked at the first renewal either, and
//! nobody would renew meanwhile.

use std::path::Path;

use notafter_acme::{Code, Failure};
use notafter_cert::Trouble;
use notafter_inventory::adopt::TakeOver;
use notafter_inventory::model::{AcmeIssuer, Issuer, Renewer};
use notafter_keys::account::AccountKey;
use notafter_net::http::NO_ANCHOR;
use notafter_net::trust::Trust;

use crate::ca;
use crate::context::Context;
use crate::operate::Fault;

/// Who renews it from now on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Chosen {
    /// An issuer of the inventory, which holds the same account.
    Known(Box<AcmeIssuer>),
    /// One that is to be made.
    New {
        /// Its name.
        name: String,
        /// File with anchors for the CA's own server.
        trust: Option<String>,
    },
}

impl Chosen {
    /// By the account: two issuers with one account would count against its limits apart. It is told by its key as well as
    /// by its URL, which is another one where the CA had lost it and the same key was registered anew.
    ///
    /// # Errors
    /// The issuer is known, and reaches its CA by other anchors than those that were given; an account key cannot be opened.
    pub(super) async fn of(
        context: &Context,
        plan: &TakeOver,
        account: &AccountKey,
        trust: Option<&str>,
    ) -> Result<Self, Fault> {
        let issuers = context.store.issuers(&context.scope).await?;
        let thumbprint = account.thumbprint();
        let mut same = None;
        for issuer in
            issuers.iter().filter_map(Issuer::acme).filter(|issuer| issuer.directory == plan.directory)
        {
            let by_url = plan.account.url.is_some() && issuer.account_url == plan.account.url;
            let by_key = match issuer.account_key {
                Some(id) if !by_url => context.open_account_key(id).await?.thumbprint() == thumbprint,
                _ => false,
            };
            if by_url || by_key {
                same = Some(issuer);
                break;
            }
        }
        let Some(issuer) = same else {
            let name = issuer_name(&plan.directory, &issuers);
            return Ok(Self::New { name, trust: trust.map(str::to_owned) });
        };
        if let Some(given) = trust
            && !trusts(issuer, given)?
        {
            return Err(other_anchors(issuer, given));
        }
        Ok(Self::Known(Box::new(issuer.clone())))
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Known(issuer) => &issuer.name,
            Self::New { name, .. } => name,
        }
    }

    fn trust(&self) -> Option<&str> {
        match self {
            Self::Known(issuer) => issuer.trust.as_deref(),
            Self::New { trust, .. } => trust.as_deref(),
        }
    }

    /// Reads the CA's directory with the trust that renewals will have.
    ///
    /// # Errors
    /// It cannot be reached, is not trusted, or is no CA; the anchors cannot be read by this process.
    pub(super) async fn ask(&self, context: &Context, plan: &TakeOver, old: Renewer) -> Result<(), Fault> {
        let client = ca::client(context, self.trust())?;
        match notafter_net::acme::directory(&client, &context.clock, &plan.directory).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.refused(&failure, plan, old)),
        }
    }

    fn refused(&self, failure: &Failure, plan: &TakeOver, old: Renewer) -> Fault {
        let what = format!("the CA at {} cannot be asked, and nothing was changed", plan.directory);
        let hint = self.hint(failure, old);
        Fault { what, hint, ..Fault::from(failure.clone()) }.because(failure.message.clone())
    }

    fn hint(&self, failure: &Failure, old: Renewer) -> String {
        let lacks_an_anchor = failure.message.contains(NO_ANCHOR);
        match (failure.code, self) {
            // An expired certificate, or a CA's own in place of a server's, is none under any anchor.
            (Code::Untrusted, _) if !lacks_an_anchor => {
                "no trust anchor mends that: the CA's own server needs a certificate that its root issued for it as a \
                 server, for its name, and that is valid now; or something in between answers for it"
                    .to_owned()
            }
            (Code::Untrusted, Self::New { trust: None, .. }) => format!(
                "where it is a private CA, name its root: --issuer-trust FILE{}; a public one is reached through something \
                 that puts its own certificate in between",
                named_to(old)
            ),
            (Code::Untrusted, Self::New { trust: Some(file), .. }) => {
                format!("{file} does not hold the root of the CA's own server{}", named_to(old))
            }
            (Code::Untrusted, Self::Known(issuer)) => {
                format!("its anchors are those of issuer {}: {}", issuer.name, how_to_change(&issuer.name))
            }
            _ => format!("{}; then say it again", failure.hint()),
        }
    }
}

/// Where the old program was told of a private root, if it was.
const fn named_to(old: Renewer) -> &'static str {
    match old {
        Renewer::Certbot => " (certbot was told by REQUESTS_CA_BUNDLE, or has it from the system's store)",
        Renewer::Lego => " (lego was told by LEGO_CA_CERTIFICATES, or has it from the system's store)",
        Renewer::AcmeSh => " (acme.sh was told by --ca-bundle, or has it from the system's store)",
        Renewer::Unknown => "",
    }
}

/// The same file, or another one with the same certificates.
fn trusts(issuer: &AcmeIssuer, given: &str) -> Result<bool, Fault> {
    if issuer.trust.as_deref() == Some(given) {
        return Ok(true);
    }
    let given = Trust::file(Path::new(given))?;
    // Anchors that cannot be read any more are other ones.
    let present = issuer.trust.as_deref().and_then(|path| Trust::file(Path::new(path)).ok());
    Ok(present.is_some_and(|present| present.anchors().identity() == given.anchors().identity()))
}

fn other_anchors(issuer: &AcmeIssuer, given: &str) -> Fault {
    let present = match &issuer.trust {
        Some(path) => format!("the anchors in {path}"),
        None => "the anchors that are built in".to_owned(),
    };
    let hint = format!("leave --issuer-trust out, or {}", how_to_change(&issuer.name));
    Fault::new(
        "adopt.other-anchors",
        format!("issuer {} is known with this account, and reaches its CA by other anchors", issuer.name),
        hint,
    )
    .because(format!("it has {present}, and {given} holds others; every lineage that it renews goes by them"))
}

fn how_to_change(issuer: &str) -> String {
    format!(
        "change them for every lineage that it renews: notafter get issuer {issuer} > FILE, write `trust` there, then \
         notafter apply FILE --yes"
    )
}

/// The directory's host, numbered where that is taken.
fn issuer_name(directory: &str, issuers: &[Issuer]) -> String {
    let host = url::Url::parse(directory).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_else(|| "adopted".to_owned());
    let taken = |name: &str| issuers.iter().any(|issuer| issuer.name() == name);
    if !taken(&host) {
        return host;
    }
    (2..).map(|number: u32| format!("{host}-{number}")).find(|name| !taken(name)).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file held exactly the certificate that the server showed, and was said not to.
    #[test]
    fn a_file_is_said_to_lack_the_root_only_where_a_root_is_what_lacks() {
        let chosen = Chosen::New { name: "ca".to_owned(), trust: Some("/srv/ca.pem".to_owned()) };
        let hint = |why: &str| chosen.hint(&Failure::new(Code::Untrusted, why), Renewer::Lego);
        let said = [
            hint(&format!("the CA cannot be reached: no TLS with ca.example:443: {NO_ANCHOR}")),
            hint(
                "the CA cannot be reached: no TLS with ca.example:443: its certificate is a CA's, not a server's",
            ),
        ];
        insta::assert_snapshot!(said.join("\n"));
    }
}
