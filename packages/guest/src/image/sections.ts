/** The section headers of an ELF file. */
import type { ByteReader } from './byte-reader.js';
import { refuse } from './refuse.js';

export const SHT_NOBITS = 8;
export const SHF_ALLOC = 2;
/** More than any image has. A file that claims more is refused before memory is allocated for it. */
export const MOST_HEADERS = 4096;

export interface SectionHeader {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

/** Reads all sections except the empty first one: a `link` or `info` of N means the element N - 1. */
export function readSections(file: ByteReader): SectionHeader[] {
  const start = file.address(40);
  const count = file.u16(60);
  if (start === 0 || count === 0) return [];
  if (file.u16(58) !== 64 || count > MOST_HEADERS) refuse('its section headers have an odd size or number');
  file.need(start, count * 64, 'the section headers');
  const names = start + file.u16(62) * 64;
  if (file.u16(62) >= count) refuse('its section names are in no section');
  const namesAt = file.address(names + 24);
  const namesSize = file.address(names + 32);
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * 64;
    const type = file.u32(at + 4);
    const section = {
      name: file.string(namesAt, namesSize, file.u32(at)),
      type,
      flags: file.u32(at + 8),
      address: file.address(at + 16),
      offset: file.address(at + 24),
      size: file.address(at + 32),
      link: file.u32(at + 40),
      info: file.u32(at + 44),
    };
    if (type !== SHT_NOBITS) file.need(section.offset, section.size, `section ${section.name}`);
    return section;
  }).slice(1);
}
