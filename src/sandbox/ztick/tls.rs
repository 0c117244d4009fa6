//! The TLS listener's certificate, made at each start: a root, an authority under it, and a leaf that is shown alone,
//! because the real server shows only the first certificate of its file.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::super::SandboxError;
use super::folder::Folder;

/// An acceptor of TLS 1.3; the authorities to trust are written to their file.
pub(super) fn acceptor(folder: &Folder) -> Result<TlsAcceptor, SandboxError> {
    let (config, authorities) =
        make().map_err(|error| SandboxError::System(format!("no certificate: {error}")))?;
    Folder::write(&folder.authorities(), &authorities)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn make() -> Result<(ServerConfig, String), Box<dyn std::error::Error>> {
    let root_key = KeyPair::generate()?;
    let root_parameters = authority("keywright sandbox root")?;
    let root_pem = root_parameters.self_signed(&root_key)?.pem();
    let root = Issuer::new(root_parameters, root_key);

    let middle_key = KeyPair::generate()?;
    let middle_parameters = authority("keywright sandbox authority")?;
    let middle_pem = middle_parameters.signed_by(&middle_key, &root)?.pem();
    let middle = Issuer::new(middle_parameters, middle_key);

    let leaf_key = KeyPair::generate()?;
    let names = ["127.0.0.1", "localhost", "::1"].map(str::to_owned);
    let leaf = CertificateParams::new(names)?.signed_by(&leaf_key, &middle)?;
    let leaf_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.into()], leaf_key)?;
    Ok((config, middle_pem + &root_pem))
}

fn authority(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters)
}
