/**
 * Removes every part and every grant from each TypeScript virtine's program, one at a time: a test input must fail
 * without it.
 */

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compiler, type VirtineReport } from '@colony/compiler';
import { Isolated, type VirtineDescriptor } from '@colony/compiler/runtime';
import type { PolicyLayer } from '@colony/core';
import { present } from '@colony/matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedEndings, missed, type Subject } from './endings.js';
import { narrower } from './grants.js';
import { TS_IN_ALL, TS_REASONS, TS_REMOVABLE } from './removable.js';
import { cases, type TsCase, type TsInput } from './ts-corpus.js';
import { descriptorsOf, partsOf } from './ts-program.js';

const server = createServer((request, response) => response.end(request.method)).listen(0, '127.0.0.1');
await once(server, 'listening');
const folder = mkdtempSync(join(tmpdir(), 'colony-least-ts-'));
const data = join(folder, 'data');
const programs = cases({ folder, data, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

beforeAll(() => {
  for (const folder of ['in', 'out']) mkdirSync(join(data, folder), { recursive: true });
  writeFileSync(join(data, 'in/a.txt'), 'read');
  Object.assign(process.env, { COLONY_LEAST_A: 'a', COLONY_LEAST_B: 'b' });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

interface Changes {
  readonly source?: string;
  readonly policy?: PolicyLayer;
}

/** JavaScript is the same on all backends, so the fastest one is used. */
const backend = present.includes('wasm') ? 'wasm' : present[0]!;

function subjectOf(descriptor: VirtineDescriptor, inputs: readonly TsInput[], host: TsCase['host']): Subject<Changes> {
  return {
    inputs: inputs.length,
    async start({ source = descriptor.source, policy = descriptor.policy }) {
      const isolated = new Isolated(
        { ...descriptor, source, policy },
        { backend, hypercalls: host ?? {}, console: () => {} },
      );
      await isolated.ready();
      return {
        run: (i) => isolated.run(inputs[i]!.args, inputs[i]!.captured ?? []),
        dispose: () => isolated.dispose(),
      };
    },
  };
}

/** Every part that the report names can be removed. */
function checkReport({ inside, name }: VirtineReport, parts: readonly string[]): void {
  const names = new Set(parts.map((part) => part.replace(/^\w+ /, '')));
  for (const part of inside)
    if (part.kind !== 'initialisation' && part.name !== name)
      expect(names, `${name}: ${part.name}`).toContain(part.name);
}

describe(`removable parts of a TypeScript virtine, on ${backend}`, () => {
  for (const [name, { file, root, inputs, host }] of Object.entries(programs))
    it(`${name}: is listed`, async () => {
      const compiler = new Compiler({ root });
      const output = (await compiler.compileFile(file))!;
      await compiler.dispose();
      const descriptors = descriptorsOf(output.code);
      expect(descriptors.map((virtine) => virtine.name)).toEqual(output.virtines.map((virtine) => virtine.name));
      for (const [i, descriptor] of descriptors.entries()) {
        const key = `${name}, ${descriptor.name}`;
        const subject = subjectOf(descriptor, inputs[descriptor.name]!, host);
        const expected = await expectedEndings(subject, {});
        const parts = partsOf(descriptor.source);
        checkReport(
          output.virtines[i]!,
          parts.map((part) => part.name),
        );
        const gone: string[] = [];
        for (const part of parts)
          if ((await missed(subject, { source: part.less }, expected)) === undefined) gone.push(part.name);
        for (const { grant, policy } of narrower(descriptor.policy as PolicyLayer))
          if ((await missed(subject, { policy }, expected)) === undefined) gone.push(`grant ${grant}`);
        expect(gone.sort(), key).toEqual([...TS_IN_ALL, ...(TS_REMOVABLE[key] ?? [])].sort());
      }
    }, 300_000);

  it('has a reason for exactly the listed parts', () => {
    const listed = new Set([...TS_IN_ALL, ...Object.values(TS_REMOVABLE).flat()]);
    expect([...listed].sort()).toEqual(Object.keys(TS_REASONS).sort());
    const keys = Object.entries(programs).flatMap(([name, { inputs }]) =>
      Object.keys(inputs).map((input) => `${name}, ${input}`),
    );
    expect(keys).toEqual(expect.arrayContaining(Object.keys(TS_REMOVABLE)));
  });
});
