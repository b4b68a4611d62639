import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { EXIT, type ExitStatus } from '../exit.js';
import { inputFile } from '../input/file.js';

/** Builds a C file to an image. */
async function builtFrom(file: string): Promise<Uint8Array> {
  const { buildC } = await import('@colony/backend-kvm');
  return (await buildC({ file })).image;
}

export async function inspectCommand(operand: string, options: { json?: boolean }): Promise<ExitStatus> {
  const { file, kind } = await inputFile('inspect', operand);
  const name = basename(file);
  const { facts, text } =
    kind === 'snapshot'
      ? await inspectSnapshot(name, file)
      : await inspectImage(name, kind === 'c' ? await builtFrom(file) : await readFile(file));
  process.stdout.write(options.json ? `${JSON.stringify({ file: operand, ...facts }, null, 2)}\n` : `${text}\n`);
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
