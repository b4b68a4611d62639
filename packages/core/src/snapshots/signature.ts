/** Signatures of snapshot files: Ed25519 (RFC 8032), from Node. The signer's name is the public key itself. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { types } from 'node:util';
import type { OptionReader } from '../options/option-reader.js';

const PUBLIC_KEY = 32;
export const SIGNATURE = PUBLIC_KEY + 64;
/**
 * Prefix of the signed bytes. Keys may sign other things too, and such a signature must not pass for one of a snapshot.
 */
const CONTEXT = Buffer.from('Colony snapshot\0');
const PREFIX = 'ed25519:';
const SIGNER = /^ed25519:[A-Za-z0-9_-]{43}$/;

/** Returns whether a text is the name of a key, as `Snapshot.signedBy` reports it. */
export const isSigner = (name: string): boolean => SIGNER.test(name);

/**
 * The y coordinates of the points of small order, in hex, in all encodings. Such a key belongs to no signer, and one
 * signature fits many messages. Source: the list of libsodium, ge25519_has_small_order.
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

/**
 * Reads a private key. The error never shows the value.
 * @throws ColonyError with the reader's code
 */
export function readPrivateKey(value: unknown, reader: OptionReader, path: string): KeyObject {
  return readKey(value, reader, path, 'private', createPrivateKey);
}

/** Returns the signer for a key: the public key (or its private key), or the name that `Snapshot.signedBy` reports. */
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

/** Returns `ed25519:` and the 32 bytes of the public key in base64url. */
export function signerOf(key: KeyObject): string {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return `${PREFIX}${x}`;
}

/** Returns the signer's public key and the signature, in a file's layout. */
export function signatureOf(digest: Uint8Array, key: KeyObject): Uint8Array {
  const signer = Buffer.from(signerOf(key).slice(PREFIX.length), 'base64url');
  return Buffer.concat([signer, sign(null, Buffer.concat([CONTEXT, digest]), key)]);
}

/** Returns the signer if the signature is valid. */
export function verifiedSigner(digest: Uint8Array, signature: Uint8Array): string | undefined {
  const publicKey = Buffer.from(signature.subarray(0, PUBLIC_KEY));
  if (hasSmallOrder(publicKey)) return undefined;
  const x = publicKey.toString('base64url');
  const signed = Buffer.concat([CONTEXT, digest]);
  try {
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
    return verify(null, signed, key, signature.subarray(PUBLIC_KEY)) ? `${PREFIX}${x}` : undefined;
  } catch {
    return undefined; // not a point of the curve
  }
}
