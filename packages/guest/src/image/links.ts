/**
 * Reads the references of an image, for the analysis of C virtines. The linker keeps relocations in it
 * (`--emit-relocs`), and <colony/virtine.h> records the place of each host call. The bytes may be anything, as for
 * `readImage`.
 */
import { ByteReader } from './byte-reader.js';
import { refuse } from './refuse.js';
import { readSections, type SectionHeader, SHF_ALLOC, SHT_NOBITS } from './sections.js';

/** An absolute address in text or data. Relative ones are in the disassembly, with their results. */
export interface ImageReference {
  /** The place of the reference. */
  readonly from: number;
  readonly to: number;
}

export interface HypercallSite {
  readonly address: number;
  readonly name: string;
}

export interface ImageLinks {
  readonly references: readonly ImageReference[];
  readonly hypercallSites: readonly HypercallSite[];
}

const SHT_RELA = 4;
const RELOCATION = 24;
const SYMBOL = 24;
/** System V ABI, AMD64: R_X86_64_64, _32 and _32S. */
const ABSOLUTE = new Set([1, 10, 11]);

/** @throws ColonyError ERR_BAD_OPTION */
export function readLinks(bytes: Uint8Array): ImageLinks {
  const file = new ByteReader(bytes, refuse);
  const sections = readSections(file);
  const references = sections.flatMap((section) => referencesIn(file, section, sections));
  return { references, hypercallSites: hypercallSitesIn(file, sections) };
}

function referencesIn(file: ByteReader, section: SectionHeader, sections: readonly SectionHeader[]): ImageReference[] {
  const target = sections[section.info - 1];
  if (section.type !== SHT_RELA || target === undefined || (target.flags & SHF_ALLOC) === 0) return [];
  const symbols = sections[section.link - 1];
  if (symbols === undefined || symbols.type === SHT_NOBITS) refuse(`section ${section.name} has no symbols`);
  file.spend(section.size, 'its relocations');
  const references: ImageReference[] = [];
  for (let at = section.offset; at + RELOCATION <= section.offset + section.size; at += RELOCATION) {
    if (!ABSOLUTE.has(file.u32(at + 8))) continue;
    const symbol = file.u32(at + 12) * SYMBOL;
    if (symbol + SYMBOL > symbols.size) refuse(`section ${section.name} names a symbol that is not there`);
    const to = file.address(symbols.offset + symbol + 8) + file.offset(at + 16);
    references.push({ from: file.address(at), to });
  }
  return references;
}

/** `.debug_colony`: the address of each host call and its name. The address is 0 if the linker left the function out. */
function hypercallSitesIn(file: ByteReader, sections: readonly SectionHeader[]): HypercallSite[] {
  const section = sections.find(({ name, type }) => name === '.debug_colony' && type !== SHT_NOBITS);
  if (section === undefined) return [];
  const end = section.offset + section.size;
  const sites: HypercallSite[] = [];
  for (let at = section.offset; at + 8 < end; ) {
    const address = file.address(at);
    const { text: name, next } = file.terminated(at + 8, end);
    if (address !== 0) sites.push({ address, name });
    at = next;
  }
  return sites;
}
