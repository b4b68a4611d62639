/** Capabilities that a virtine can be granted: how code asks for each, and how a call finds out whether it has it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchGrant, Policy, PolicyLayer } from '@colony/core';
import { type CapabilityUse, checkPolicy } from '../../src/policy/index.js';

export interface Capability {
  readonly name: string;
  readonly grant: PolicyLayer;
  /** An expression that asks for it, in a form that analysis sees. */
  readonly code: string;
  /** The path to the function from the global object, and its arguments. Their names come with the call. */
  readonly attempt: readonly [path: readonly string[], args: readonly unknown[]];
  readonly capability: CapabilityUse;
}

/** Opens servers and a file that only a grant makes reachable. */
export async function openWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'colony-attacks-world-'));
  writeFileSync(join(folder, 'a.txt'), 'read');
  process.env['COLONY_ATTACK'] = 'read';
  const servers = [0, 1].map(() => createServer((_, response) => response.end('read')).listen(0, 'localhost'));
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  const [near, far] = servers.map((server) => `http://localhost:${(server.address() as AddressInfo).port}`);
  return {
    capabilities: capabilitiesOf(near!, far!, folder),
    close() {
      for (const server of servers) server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function capabilitiesOf(near: string, far: string, folder: string): readonly Capability[] {
  const fetches = (name: string, origin: string): Capability => ({
    name,
    grant: { fetch: [{ origin }] },
    code: `fetch('${origin}/x')`,
    attempt: [['fetch'], [`${origin}/x`]],
    capability: { kind: 'fetch', origin, methods: ['GET'] },
  });
  const calls = (name: string): Capability => ({
    name,
    grant: { hypercalls: { [name]: true } },
    code: `host.${name}(1)`,
    attempt: [['host', name], [1]],
    capability: { kind: 'hypercall', name, args: [{ values: [1] }] },
  });
  const path = join(folder, 'a.txt');
  return [
    {
      name: 'clock',
      grant: { clock: true },
      code: 'Date.now()',
      attempt: [['Date', 'now'], []],
      capability: { kind: 'clock' },
    },
    {
      name: 'random',
      grant: { random: true },
      code: 'Math.random()',
      attempt: [['Math', 'random'], []],
      capability: { kind: 'random' },
    },
    {
      name: 'console',
      grant: { console: true },
      code: "console.log('x')",
      attempt: [['console', 'log'], ['x']],
      capability: { kind: 'console' },
    },
    {
      name: 'env',
      grant: { env: ['COLONY_ATTACK'] },
      code: "colony.env('COLONY_ATTACK')",
      attempt: [['colony', 'env'], ['COLONY_ATTACK']],
      capability: { kind: 'env', name: 'COLONY_ATTACK' },
    },
    {
      name: 'file',
      grant: { fs: { read: [folder] } },
      code: `colony.fs.readText('${path}')`,
      attempt: [['colony', 'fs', 'readText'], [path]],
      capability: { kind: 'fs.read', path },
    },
    calls('keep'),
    calls('steal'),
    fetches('near', near),
    fetches('far', far),
  ];
}

export function policyOf(granted: readonly Capability[]): PolicyLayer {
  const layers = granted.map(({ grant }) => grant);
  const hypercalls = Object.assign({}, ...layers.map((layer) => layer.hypercalls));
  const fetch = layers.flatMap((layer): readonly FetchGrant[] => layer.fetch ?? []);
  return Object.assign(
    {},
    ...layers,
    Object.keys(hypercalls).length > 0 && { hypercalls },
    fetch.length > 0 && { fetch },
  );
}

/** Core decides what a policy allows. */
export const allows = (policy: Policy, { capability, name }: Capability): boolean =>
  checkPolicy(policy, [{ capability, what: name, chain: [] }]).tooNarrow.length === 0;
