//! Certificates made at run time: an authority that only the test knows, and servers under it.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// A new one, unknown to everyone.
    #[expect(clippy::new_without_default, reason = "making keys is no default value")]
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = parameters.self_signed(&key).expect("it signs itself").pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// Its certificate, as an account's `ca_file` has it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The same, in a file.
    pub fn write_pem(&self, file: &Path) {
        std::fs::write(file, &self.pem).expect("the authority's file");
    }

    /// A server's set-up, valid for these host names and addresses.
    pub fn server(&self, names: &[&str]) -> Arc<ServerConfig> {
        self.configure(&CertificateParams::new(owned(names)).expect("host names"))
    }

    /// A server whose certificate ended in 2001.
    pub fn expired_server(&self, names: &[&str]) -> Arc<ServerConfig> {
        let mut parameters = CertificateParams::new(owned(names)).expect("host names");
        parameters.not_before = date_time_ymd(2000, 1, 1);
        parameters.not_after = date_time_ymd(2001, 1, 1);
        self.configure(&parameters)
    }

    fn configure(&self, parameters: &CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.signed_by(&key, &self.issuer).expect("the authority signs");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let configuration = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows today's versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)
            .expect("certificate and key fit");
        Arc::new(configuration)
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
