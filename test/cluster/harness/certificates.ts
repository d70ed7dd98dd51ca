/** The cluster's own authority, and the certificates that its parts know each other by. */

import { createPrivateKey, generateKeyPairSync, type KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata"; // the next one needs it
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const lifetimeMs = 30 * 24 * 3600 * 1000;

/** PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface Subject {
  commonName: string;
  organization?: string;
  /** DNS names and IP addresses of a server. */
  names?: readonly string[];
}

export interface Authority {
  certificate: string;
  key: string;
  issue(subject: Subject): Promise<KeyPair>;
}

let serial = Date.now();

export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: `CN=${commonName}`,
    keys: keys as never,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  return {
    certificate: authority.toString("pem"),
    key: await pemOf(keys.privateKey),
    issue: (subject) => issue(subject, authority.subject, keys.privateKey),
  };
}

function validity() {
  serial += 1;
  const now = Date.now();
  return {
    serialNumber: serial.toString(16).padStart(16, "0"),
    notBefore: new Date(now - 3600 * 1000),
    notAfter: new Date(now + lifetimeMs),
  };
}

async function issue(
  { commonName, organization, names = [] }: Subject,
  issuer: string,
  signingKey: webcrypto.CryptoKey,
): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const alternatives = names.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value }));
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(),
    issuer,
    subject: `${organization === undefined ? "" : `O=${organization}, `}CN=${commonName}`,
    publicKey: keys.publicKey as never,
    signingKey: signingKey as never,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
      ...(alternatives.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)]),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pemOf(keys.privateKey) };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return pem(createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }));
}

function pem(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}

/** What service account tokens are signed with. */
export function tokenKeys(): { publicKey: string; privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKey: publicKey.export({ format: "pem", type: "spki" }).toString(), privateKey: pem(privateKey) };
}
