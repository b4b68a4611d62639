/** Reports a Wasm program's access outside of its memory as a trap, as the other backends do. */
import { ColonyError, type ProgramKind } from '@colony/core';
import { TRAP_BOUNDS, WASM_ADDRESS_SPACE, WASM_HEAP_BASE } from '@colony/guest/abi';

/** The fault's kind when KVM does not report the address: only the heap's addresses have pages that may not be backed. */
const BEYOND_HEAP = 'memory beyond the heap';
const UNMAPPED = 'unmapped memory';

function isOutOfBounds({ details }: ColonyError): boolean {
  const fault = details.fault as { kind?: string; address?: string } | undefined;
  if (fault?.kind === BEYOND_HEAP) return true;
  if (fault?.kind !== UNMAPPED || fault.address === undefined) return false;
  const offset = Number(fault.address) - WASM_HEAP_BASE;
  return offset >= 0 && offset < WASM_ADDRESS_SPACE;
}

/** The trap, if the error is an out-of-bounds access of a Wasm program; otherwise the error itself. */
export function toWasmTrap(kind: ProgramKind, error: unknown): unknown {
  const bounds = kind === 'wasm' && ColonyError.is(error) && error.code === 'ERR_GUEST_FAULT' && isOutOfBounds(error);
  if (!bounds) return error;
  return new ColonyError('ERR_GUEST_TRAP', 'out of bounds memory or table access', { details: { trap: TRAP_BOUNDS } });
}
