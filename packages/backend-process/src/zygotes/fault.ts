/** Errors for faults of the processor in a guest, as on the kvm backend. */
import { ColonyError, printable } from '@colony/core';
import { symbolAt } from '@colony/guest';
import { TRAP_BOUNDS, TRAP_STACK, WASM_ADDRESS_SPACE } from '@colony/guest/abi';
import type { Executable } from './image.js';
import type { ChildReport } from './protocol.js';

/** Address space of a zygote's children: addresses and bytes. */
export interface Layout {
  readonly stack: number;
  readonly stackTop: number;
  readonly heap: number;
  readonly heapReserve: number;
}

/** Exception vectors (SDM vol. 3A, table 6-1). */
const KINDS: Readonly<Record<number, string>> = {
  0: 'division error',
  1: 'debug trap',
  3: 'debug trap',
  6: 'invalid instruction',
  7: 'invalid instruction',
  12: 'forbidden instruction or bad address',
  13: 'forbidden instruction or bad address',
  16: 'floating-point exception',
  17: 'unaligned access',
  19: 'floating-point exception',
};
const PAGE_FAULT = 14;
/** Bits of a page fault's error code (SDM vol. 3A, 4.7). */
const WAS_PRESENT = 1;
const WAS_WRITE = 2;
const WAS_FETCH = 16;
/** Bytes of the guard below the stack; see lay_out in boot/process/zygote.c. */
const STACK_GUARD = 64 * 1024;

interface Fault {
  readonly vector: number;
  readonly error: number;
  readonly rip: number;
  readonly address: number;
}

function faultOf({ code, a, b }: ChildReport): Fault {
  return { vector: code & 0xff, error: code >>> 8, rip: Number(a), address: Number(b) };
}

const within = (address: number, start: number, size: number) => address >= start && address < start + size;

/** Names an access to a page that is not mapped, or that does not permit such an access. */
function pageFaultKind({ error, address }: Fault, { heap, heapReserve }: Layout): string {
  if ((error & WAS_FETCH) !== 0) return 'execution of data';
  if (within(address, heap, heapReserve)) return 'memory beyond the heap';
  // Every mapped page can be read.
  return (error & WAS_PRESENT) !== 0 && (error & WAS_WRITE) !== 0 ? 'write to read-only memory' : 'unmapped memory';
}

/** The trap, if the fault is an error that WebAssembly defines. */
function wasmTrap({ vector, address }: Fault, layout: Layout): ColonyError | undefined {
  if (vector !== PAGE_FAULT) return undefined;
  if (within(address, layout.heap, WASM_ADDRESS_SPACE))
    return trap('out of bounds memory or table access', TRAP_BOUNDS);
  if (within(address, layout.stack - STACK_GUARD, STACK_GUARD)) return trap('call stack exhausted', TRAP_STACK);
  return undefined;
}

function trap(message: string, number: number): ColonyError {
  return new ColonyError('ERR_GUEST_TRAP', message, { details: { trap: number } });
}

const hex = (value: number) => `0x${value.toString(16)}`;

export function faultError(report: ChildReport, { kind: programKind, info }: Executable, layout: Layout): ColonyError {
  const fault = faultOf(report);
  const { vector, rip, address } = fault;
  const trapped = programKind === 'wasm' ? wasmTrap(fault, layout) : undefined;
  if (trapped !== undefined) return trapped;
  const kind = vector === PAGE_FAULT ? pageFaultKind(fault, layout) : (KINDS[vector] ?? 'fault');
  const where = vector === PAGE_FAULT ? ` at ${hex(address)}` : '';
  const symbol = symbolAt(info.symbols, rip);
  const message = `the guest was stopped: ${kind}${where}, instruction ${hex(rip)}${symbol === undefined ? '' : ` in ${symbol}`}`;
  const details = {
    kind,
    ...(where && { address: hex(address) }),
    rip: hex(rip),
    ...(symbol && { symbol: printable(symbol) }),
  };
  return new ColonyError('ERR_GUEST_FAULT', message, { details: { fault: details } });
}
