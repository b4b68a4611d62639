// A registry on the loopback interface: it serves the packed tarballs, and forwards every other name to npm's
// configured registry. It records the requests for our names.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { root } from '../lib/run.mjs';
import { manifestOf } from './contents.mjs';

/** @typedef {{ url: string, asked: string[], close: () => Promise<void> }} Registry */

/** @param {string} folder @param {import('./pack.mjs').Packed} packed @param {string} url */
async function packument(folder, packed, url) {
  const file = join(folder, packed.filename);
  const bytes = await readFile(file);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const tarball = `${url}/-/tarballs/${packed.filename}`;
  const manifest = { ...(await manifestOf(file)), dist: { tarball, integrity } };
  const { name, version } = packed;
  // pnpm refuses, by default, versions of the last day, so this one has an old date.
  const time = { created: '2020-01-01T00:00:00.000Z', [version]: '2020-01-01T00:00:00.000Z' };
  return { _id: name, name, 'dist-tags': { latest: version }, versions: { [version]: manifest }, time };
}

/**
 * The upstream registry's answer, with the addresses of its tarballs pointing here.
 * @param {string} upstream @param {string} path @param {string} url @param {string} accept
 */
async function proxied(upstream, path, url, accept) {
  const response = await fetch(upstream + path, { headers: { accept } });
  const type = response.headers.get('content-type') ?? 'application/octet-stream';
  const body = Buffer.from(await response.arrayBuffer());
  if (!type.includes('json')) return { status: response.status, type, body };
  return {
    status: response.status,
    type,
    body: Buffer.from(body.toString('utf8').replaceAll(`${upstream}/`, `${url}/`)),
  };
}

/** @param {string} folder of the tarballs @param {readonly import('./pack.mjs').Packed[]} packages @returns {Promise<Registry>} */
export async function startRegistry(folder, packages) {
  const configured = execFileSync('npm', ['config', 'get', 'registry'], { cwd: root, encoding: 'utf8' }).trim();
  const upstream = configured.replace(/\/$/, '');
  /** @type {string[]} */
  const asked = [];
  /**
   * Cached answers of the upstream registry, which does not change during a test.
   * @type {Map<string, ReturnType<typeof proxied>>}
   */
  const kept = new Map();
  let url = '';

  /** @param {string} path @param {string} accept */
  async function answer(path, accept) {
    const [name = ''] = /^(@[^/]+\/)?[^/]+/.exec(decodeURIComponent(path.slice(1))) ?? [];
    const own = packages.find((candidate) => candidate.name === name);
    const [scope] = packages[0]?.name.split('/') ?? [];
    if (name.startsWith(`${scope}/`)) asked.push(name);
    if (own !== undefined) {
      const document = await packument(folder, own, url);
      const wanted = decodeURIComponent(path.slice(1)) === name ? document : document.versions[own.version];
      return { status: 200, type: 'application/json', body: Buffer.from(JSON.stringify(wanted)) };
    }
    if (name.startsWith(`${scope}/`)) return { status: 404, type: 'application/json', body: Buffer.from('{}') };
    const tarball = packages.find((candidate) => path === `/-/tarballs/${candidate.filename}`);
    if (tarball !== undefined)
      return { status: 200, type: 'application/octet-stream', body: await readFile(join(folder, tarball.filename)) };
    const key = `${accept} ${path}`;
    const known = kept.get(key) ?? proxied(upstream, path, url, accept);
    kept.set(key, known);
    return await known;
  }

  const server = createServer((request, response) => {
    answer(request.url ?? '/', request.headers.accept ?? '*/*').then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error) => response.writeHead(502, { 'content-type': 'text/plain' }).end(String(error)),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  url = `http://127.0.0.1:${port}`;
  const close = () =>
    new Promise((/** @type {(value: void) => void} */ resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url, asked, close };
}
