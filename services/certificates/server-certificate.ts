/** A server certificate with an authority of its own: nobody can sign a second one, since that key is never kept. */

import { randomBytes, webcrypto } from "node:crypto";
import "reflect-metadata"; // the next one needs it
import * as x509 from "@peculiar/x509";

/** PEM. */
export interface ServerCertificate {
  ca: string;
  certificate: string;
  key: string;
}

type KeyPair = webcrypto.CryptoKeyPair;

/**
 * Callers trust this one certificate alone, and read their trust only once, so a short life would bring no safety but an
 * outage on its last day.
 */
const lifetimeYears = 10;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const serverAuthentication = "1.3.6.1.5.5.7.3.1";

x509.cryptoProvider.set(webcrypto);

/** @param hosts DNS names of the server */
export async function newServerCertificate(hosts: readonly string[], now: Date): Promise<ServerCertificate> {
  const [caKeys, keys] = await Promise.all([newKeys(), newKeys()]);
  const subject = `CN=${hosts[0]}`;
  const issuer = `CN=${hosts[0]} authority`;
  const ca = await sign({ subject: issuer, issuer, publicKey: caKeys.publicKey, now, extensions: authority }, caKeys);
  const leaf = await sign({ subject, issuer, publicKey: keys.publicKey, now, extensions: server(hosts) }, caKeys);
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { ca: pem(ca), certificate: pem(leaf), key: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n` };
}

function newKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<KeyPair>;
}

const authority = [
  new x509.BasicConstraintsExtension(true, 0, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
];

function server(hosts: readonly string[]): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([serverAuthentication]),
    new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns", value }))),
  ];
}

interface Content {
  subject: string;
  issuer: string;
  publicKey: KeyPair["publicKey"];
  now: Date;
  extensions: x509.Extension[];
}

function sign({ now, publicKey, ...content }: Content, { privateKey }: KeyPair): Promise<x509.X509Certificate> {
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + lifetimeYears);
  return x509.X509CertificateGenerator.create({
    ...content,
    publicKey,
    signingKey: privateKey,
    signingAlgorithm: algorithm,
    serialNumber: `00${randomBytes(16).toString("hex")}`,
    // Clocks of nodes differ.
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter,
  });
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}
