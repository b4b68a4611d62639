/** Signatures of snapshot files: Ed25519 (RFC 8032), by Node. The public key itself is the name of who signed. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { types } from 'node:util';
import type { OptionReader } from '../options/option-reader.js';

const PUBLIC_KEY = 32;
export const SIGNATURE = PUBLIC_KEY + 64;
/** Keys sign other things, too: a signature of one thing must not be taken for that of another. */
const CONTEXT = Buffer.from('Colony snapshot\0');
const PREFIX = 'ed25519:';
const SIGNER = /^ed25519:[A-Za-z0-9_-]{43}$/;

/** Whether a text is the name of a key, as `Snapshot.signedBy` gives it. */
export const isSigner = (name: string): boolean => SIGNER.test(name);

/**
 * The y coordinates of the points of small order, hex, in all encodings. With such a key, which is nobody's, one signature
 * is right for many messages. Source: the list of libsodium, ge25519_has_small_order.
 */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

function hasSmallOrder(publicKey: Uint8Array): boolean {
  const y = Buffer.from(publicKey);
  y[PUBLIC_KEY - 1]! &= 0x7f; // the sign of x
  return SMALL_ORDER.includes(y.toString('hex'));
}

/** A private key. The error never shows what was given. @throws ColonyError with the reader's code */
export function readPrivateKey(value: unknown, reader: OptionReader, path: string): KeyObject {
  return readKey(value, reader, path, 'private', createPrivateKey);
}

/** Who signs with a key: the public key (or its private one), or the name that `Snapshot.signedBy` gives. */
export function readSigner(value: unknown, reader: OptionReader, path: string): string {
  if (typeof value === 'string' && isSigner(value)) return value;
  return signerOf(readKey(value, reader, path, 'public', createPublicKey));
}

function readKey(
  value: unknown,
  reader: OptionReader,
  path: string,
  type: 'private' | 'public',
  fromPem: (pem: string) => KeyObject,
): KeyObject {
  const article = type === 'private' ? 'an Ed25519 private key' : 'an Ed25519 public key';
  const expected = `${article}: a KeyObject or PEM text`;
  const what = (key: unknown) => reader.fail(path, expected, typeof key === 'string' ? '(another text)' : key);
  let key: KeyObject;
  try {
    key = types.isKeyObject(value) ? value : fromPem(typeof value === 'string' ? value : '');
  } catch {
    return what(value);
  }
  if (key.asymmetricKeyType !== 'ed25519' || (type === 'private' && key.type !== 'private')) what(value);
  return key;
}

/** `ed25519:` and the 32 bytes of the public key, base64url. */
export function signerOf(key: KeyObject): string {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return `${PREFIX}${x}`;
}

/** The signer's public key and the signature, as they stand in a file. */
export function signatureOf(digest: Uint8Array, key: KeyObject): Uint8Array {
  const signer = Buffer.from(signerOf(key).slice(PREFIX.length), 'base64url');
  return Buffer.concat([signer, sign(null, Buffer.concat([CONTEXT, digest]), key)]);
}

/** Who signed, if the signature is right. */
export function verifiedSigner(digest: Uint8Array, signature: Uint8Array): string | undefined {
  const publicKey = Buffer.from(signature.subarray(0, PUBLIC_KEY));
  if (hasSmallOrder(publicKey)) return undefined;
  const x = publicKey.toString('base64url');
  const signed = Buffer.concat([CONTEXT, digest]);
  try {
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
    return verify(null, signed, key, signature.subarray(PUBLIC_KEY)) ? `${PREFIX}${x}` : undefined;
  } catch {
    return undefined; // no point of the curve
  }
}
