/** Can this backend work here; if not, what to do. */
import { existsSync } from 'node:fs';
import { type DoctorFinding, isSupportedNode, LEAST_NODE } from '@colony/core';
import { engineFiles } from './engine/load.js';

/** A module with 64-bit parameters, a sign extension and a bulk instruction: what compilers take for granted. */
const FEATURES = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    [0x01, 0x05, 0x01, 0x60, 0x01, 0x7e, 0x00],
    [0x03, 0x02, 0x01, 0x00],
    [0x05, 0x03, 0x01, 0x00, 0x01],
    [0x0a, 0x11, 0x01, 0x0f, 0x00, 0x20, 0x00, 0xc2, 0x1a, 0x41, 0x00, 0x41, 0x00, 0x41, 0x00, 0xfc, 0x0b, 0x00, 0x0b],
  ].flat(),
);

function nodeFinding(): DoctorFinding {
  const ok = isSupportedNode();
  const finding = { check: 'Node.js', ok, detail: `version ${process.versions.node}` };
  return ok ? finding : { ...finding, remedy: `use Node.js ${LEAST_NODE.join('.')} or newer` };
}

function featuresFinding(): DoctorFinding {
  const check = 'WebAssembly';
  const there = typeof WebAssembly === 'object' && typeof SharedArrayBuffer === 'function';
  if (there && WebAssembly.validate(FEATURES)) return { check, ok: true, detail: 'has what programs need' };
  const detail = there ? 'lacks bulk memory or sign extension' : 'WebAssembly or shared memory is switched off';
  return { check, ok: false, detail, remedy: 'start Node.js without --jitless and like flags' };
}

function engineFinding(): DoctorFinding {
  const check = 'JavaScript engine';
  if (existsSync(engineFiles.module)) return { check, ok: true, detail: 'prepared' };
  return {
    check,
    ok: false,
    detail: `${engineFiles.module} is missing`,
    remedy: 'npm run build, or reinstall the package',
  };
}

export async function doctor(): Promise<readonly DoctorFinding[]> {
  return [nodeFinding(), featuresFinding(), engineFinding()];
}
