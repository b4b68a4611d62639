/** Of a Wasm program an access outside of its memory is an error of its own language, as on the other backends. */
import { ColonyError, type ProgramKind } from '@colony/core';
import { TRAP_BOUNDS, WASM_ADDRESS_SPACE, WASM_HEAP_BASE } from '@colony/guest/abi';

/** Where KVM does not tell the address: only the heap's range of addresses has pages that may not be backed. */
const BEYOND_HEAP = 'memory beyond the heap';
const UNMAPPED = 'unmapped memory';

function isOutOfBounds({ details }: ColonyError): boolean {
  const fault = details.fault as { kind?: string; address?: string } | undefined;
  if (fault?.kind === BEYOND_HEAP) return true;
  if (fault?.kind !== UNMAPPED || fault.address === undefined) return false;
  const offset = Number(fault.address) - WASM_HEAP_BASE;
  return offset >= 0 && offset < WASM_ADDRESS_SPACE;
}

/** What the run of a program of this kind ended with, in the terms of its language. */
export function inTermsOf(kind: ProgramKind, error: unknown): unknown {
  const bounds = kind === 'wasm' && ColonyError.is(error) && error.code === 'ERR_GUEST_FAULT' && isOutOfBounds(error);
  if (!bounds) return error;
  return new ColonyError('ERR_GUEST_TRAP', 'out of bounds memory or table access', { details: { trap: TRAP_BOUNDS } });
}
