/** Describes a snapshot file by its own header. Loading checks its checksum, signature, version and processor. */
import { stat } from 'node:fs/promises';
import { printable, Snapshot, shutdown } from '@colony/core';
import pc from 'picocolors';
import { formatBytes } from '../values/size.js';

export async function describeSnapshot(name: string, file: string): Promise<{ facts: object; text: string }> {
  const { size: fileSize } = await stat(file);
  try {
    using snapshot = await Snapshot.load(file);
    const { backend, size, program, signedBy } = snapshot;
    const facts = {
      kind: 'snapshot',
      backend,
      fileSize,
      memory: size,
      program: { kind: program.kind, filename: program.filename, hash: program.hash },
      signedBy: signedBy ?? null,
    };
    const lines: [string, string][] = [
      ['file', formatBytes(fileSize)],
      ['backend', backend],
      ['memory', `${formatBytes(size)} of the guest's`],
      ['program', `${printable(program.filename)} (${program.kind})`],
      ['sha-256', program.hash],
      ['signed by', signedBy ?? 'no signer: as trusted as code'],
    ];
    const text = [pc.bold(`${name}: a snapshot`), ...lines.map(([label, value]) => `  ${label.padEnd(10)} ${value}`)];
    return { facts, text: text.join('\n') };
  } finally {
    await shutdown();
  }
}
