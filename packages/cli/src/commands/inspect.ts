import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { EXIT, type ExitStatus } from '../exit.js';
import { isElf } from '../run/subject.js';

async function readBytes(file: string): Promise<Uint8Array> {
  if (extname(file) !== '.c') return readFile(file);
  const { buildC } = await import('@colony/backend-kvm');
  return (await buildC({ file })).image;
}

export async function inspectCommand(file: string, options: { json?: boolean }): Promise<ExitStatus> {
  const bytes = await readBytes(file);
  const name = basename(file);
  const { facts, text } = isElf(bytes) ? await inspectImage(name, bytes) : await inspectSnapshot(name, file);
  process.stdout.write(options.json ? `${JSON.stringify({ file, ...facts }, null, 2)}\n` : `${text}\n`);
  return EXIT.ok;
}

async function inspectImage(name: string, bytes: Uint8Array): Promise<{ facts: object; text: string }> {
  const { readImage } = await import('@colony/backend-kvm');
  const { describeImage, imageFacts } = await import('../inspect/image.js');
  const image = readImage(bytes);
  return { facts: imageFacts(image), text: describeImage(name, image) };
}

async function inspectSnapshot(name: string, file: string): Promise<{ facts: object; text: string }> {
  const { describeSnapshot } = await import('../inspect/snapshot.js');
  return describeSnapshot(name, file);
}
