/**
 * Paths and URLs that a guest names. Their size is checked before any parsing. Below these bounds, even quadratic work
 * (the host names of `URL`, `resolve`) is quick.
 */

/** Bytes, the same as Linux's PATH_MAX. */
const MAX_PATH = 4096;
/** Bytes of a whole URL. */
const MAX_URL = 8192;
/** Bytes of a host name, as in DNS. */
export const MAX_HOST = 253;

/** UTF-8 has at least one byte for each character, so a long string is refused without being read. */
const isLonger = (text: string, bytes: number) => text.length > bytes || Buffer.byteLength(text) > bytes;

/** Returns why the value is not accepted as a path, or `undefined`. */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== 'string') return 'the path is not a string';
  if (isLonger(path, MAX_PATH)) return `the path has more than ${MAX_PATH} bytes`;
  return path.includes('\0') ? 'the path has a zero byte' : undefined;
}

/** Characters that `URL` removes everywhere. */
const REMOVED = /[\t\n\r]/g;
const SCHEME = /^[\0-\x20]*([a-z][a-z0-9+.-]*):/i;
/** The authority, with the same end as in `URL`. Any number of slashes of either kind may precede it. */
const AUTHORITY = /^[\0-\x20]*(?:https?:[/\\]*|[/\\]{2,})([^/\\?#]*)/i;

/** Returns the URL, relative to `base` if present, or a string with the reason for refusing it. Never throws. */
export function readUrl(url: unknown, base?: string): URL | string {
  if (typeof url !== 'string') return 'the url is not a string';
  if (isLonger(url, MAX_URL)) return `the url has more than ${MAX_URL} bytes`;
  const text = url.replace(REMOVED, '');
  const scheme = SCHEME.exec(text)?.[1];
  if (scheme === undefined ? base === undefined : !/^https?$/i.test(scheme))
    return 'the url is not one of http or https';
  const host = hostOf(AUTHORITY.exec(text)?.[1] ?? '');
  if (isLonger(host, MAX_HOST)) return `the url has a host name of more than ${MAX_HOST} bytes`;
  try {
    return new URL(url, base);
  } catch {
    return 'the url is not valid';
  }
}

/** Returns the host without user and port. */
function hostOf(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const port = /:\d{0,5}$/.exec(host);
  return port === null ? host : host.slice(0, port.index);
}
