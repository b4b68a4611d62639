/** Describes a virtine image for people: loaded segments, exported functions, requests to the host. */
import type { ImageExport, ImageInfo } from '@colony/backend-kvm';
import { printable } from '@colony/core';
import pc from 'picocolors';
import { formatBytes } from '../values/size.js';

const hex = (address: number): string => `0x${address.toString(16)}`;

const ACCESS: Readonly<Record<string, string>> = { 'r-x': 'code', 'r--': 'constants', 'rw-': 'data' };

function signature({ name, result, parameters }: ImageExport): string {
  return printable(`${result} ${name}(${parameters.join(', ') || 'void'})`);
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', pc.bold(title), ...(lines.length > 0 ? lines : [pc.dim('none')]).map((line) => `  ${line}`)];
}

export function describeImage(name: string, image: ImageInfo): string {
  const { note } = image;
  const heap = note.heapBase === 0 ? 'where the host chooses' : `at ${hex(note.heapBase)}`;
  const facts: [string, string][] = [
    ['file', formatBytes(image.fileSize)],
    ['loaded', `${formatBytes(image.pages * 4096)} (${image.pages} pages)`],
    ['guest ABI', String(note.abi)],
    ['entry', hex(image.entry)],
    ['stack', formatBytes(note.stackSize)],
    ['heap', `${formatBytes(note.heapInitial)} at start, ${heap}`],
  ];
  const segments = image.segments.map((segment) => {
    const range = `${hex(segment.address)}-${hex(segment.address + segment.memorySize)}`;
    return `${segment.access}  ${range.padEnd(24)} ${formatBytes(segment.memorySize).padStart(12)}  ${ACCESS[segment.access] ?? ''}`;
  });
  return [
    pc.bold(`${name}: a virtine image`),
    ...facts.map(([label, value]) => `  ${label.padEnd(10)} ${value}`),
    ...section('Segments', segments),
    ...section('Exports', image.exports.map(signature)),
    ...section('Hypercalls', image.hypercalls.map(printable)),
  ].join('\n');
}

/** Addresses are strings in JSON, in the notation of people and other tools. */
export function imageFacts(image: ImageInfo): object {
  const { symbols, ...rest } = image;
  return {
    kind: 'image',
    ...rest,
    entry: hex(image.entry),
    note: { ...image.note, heapBase: hex(image.note.heapBase), resume: hex(image.note.resume) },
    segments: image.segments.map((segment) => ({ ...segment, address: hex(segment.address) })),
    sections: image.sections.map((section) => ({ ...section, address: hex(section.address) })),
    exports: image.exports.map((exported) => ({ ...exported, address: hex(exported.address) })),
    symbols: symbols.length,
  };
}
