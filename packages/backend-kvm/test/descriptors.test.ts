/** A process that may open few files. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createContext } from '@colony/core';
import { it } from 'vitest';
import { describeKvm, probe } from './lib/kvm.js';

const script = fileURLToPath(new URL('./lib/few-descriptors.mjs', import.meta.url));
/** Descriptors that a process may have, and several times as many snapshots. */
const [MOST, TIMES] = [512, 3000];

describeKvm('a process that may open few files', () => {
  it('reads any number of small snapshots, and is told what to do where it keeps too many', async () => {
    await using context = await createContext({ backend: 'kvm', program: probe('basic.c') });
    using snapshot = await context.snapshot();
    const command = `ulimit -n ${MOST}; exec "$0" "$@"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script, String(TIMES)], {
      input: snapshot.inner.serialize!(),
      encoding: 'utf8',
    });
    assert.notEqual(stdout, '', stderr);
    const { read, error } = JSON.parse(stdout);
    assert.equal(read, TIMES, error.message);
    assert.equal(error.code, 'ERR_BACKEND_UNAVAILABLE');
    assert.match(error.message, /Too many open files: raise the limit of open files \(ulimit -n\)/);
  });
});
