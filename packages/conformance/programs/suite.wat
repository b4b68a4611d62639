;; The suite's program in WebAssembly text: the exports that suite.c and src/programs/javascript.ts have too.
(module
  (import "host" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $counter (mut i32) (i32.const 0))
  (global $kept (mut i32) (i32.const 0))
  (global $secret (mut i32) (i32.const -1))
  (table $functions 2 funcref)
  (elem (i32.const 0) $bump)

  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "nothing"))
  (func (export "echoI32") (param i32) (result i32) (local.get 0))
  (func (export "echoI64") (param i64) (result i64) (local.get 0))
  (func (export "echoF32") (param f32) (result f32) (local.get 0))
  (func (export "echoF64") (param f64) (result f64) (local.get 0))

  ;; ---- State ----
  (func $bump (export "bump") (result i32)
    (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
    (global.get $counter))
  (func $keep (export "keep") (param i32) (global.set $kept (local.get 0)))
  (func (export "recall") (result i32) (global.get $kept))

  ;; Leaves a secret in a global (0), in the memory (1), in memory that it takes (2) or as a table entry (3).
  (func (export "hideSecret") (param $where i32) (param $secret i32)
    (if (i32.eqz (local.get $where)) (then (global.set $secret (local.get $secret))))
    (if (i32.eq (local.get $where) (i32.const 1)) (then (i32.store (i32.const 4096) (local.get $secret))))
    (if (i32.eq (local.get $where) (i32.const 2))
      (then
        (drop (memory.grow (i32.const 1)))
        (i32.store (i32.const 65536) (local.get $secret))))
    (if (i32.eq (local.get $where) (i32.const 3)) (then (table.set $functions (i32.const 1) (ref.func $bump)))))
  ;; How often it is found in all of these places.
  (func (export "findSecret") (param $secret i32) (result i32)
    (i32.add
      (i32.add
        (i32.eq (global.get $secret) (local.get $secret))
        (i32.eq (i32.load (i32.const 4096)) (local.get $secret)))
      (i32.add
        (i32.sub (memory.size) (i32.const 1))
        (i32.eqz (ref.is_null (table.get $functions (i32.const 1)))))))

  ;; ---- What takes long, or much ----
  (func $loop (export "loop") (loop $again (br $again)))
  (func (export "keepThenLoop") (param i32) (call $keep (local.get 0)) (call $loop))
  ;; Not only one more than the call gives, or compilers of C make a loop of it.
  (func $recurse (export "recurse") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else
        (i32.shr_u
          (i32.add (i32.const 2) (i32.mul (i32.const 2) (call $recurse (i32.sub (local.get 0) (i32.const 1)))))
          (i32.const 1)))))

  ;; Takes and touches as many bytes, 64 KiB at a time; gives the number of blocks.
  (func (export "allocate") (param $bytes i32) (result i32)
    (local $blocks i32) (local $at i32)
    (block $done
      (loop $more
        (br_if $done (i32.le_s (local.get $bytes) (i32.const 0)))
        (local.set $at (memory.grow (i32.const 1)))
        (if (i32.eq (local.get $at) (i32.const -1)) (then (unreachable)))
        (i32.store (i32.mul (local.get $at) (i32.const 65536)) (i32.const 1))
        (local.set $blocks (i32.add (local.get $blocks) (i32.const 1)))
        (local.set $bytes (i32.sub (local.get $bytes) (i32.const 65536)))
        (br $more)))
    (local.get $blocks))
  ;; Memory that was never written must read as zero.
  (func (export "freshMemory") (param $bytes i32) (result i32)
    (local $at i32) (local $end i32) (local $found i32)
    (local.set $at (i32.mul (memory.size) (i32.const 65536)))
    (drop (memory.grow (i32.add (i32.div_u (local.get $bytes) (i32.const 65536)) (i32.const 1))))
    (local.set $end (i32.add (local.get $at) (local.get $bytes)))
    (loop $more
      (local.set $found (i32.or (local.get $found) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $found))

  ;; ---- Traps ----
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "giveUp") (unreachable))
  (func (export "outOfBounds") (result i32) (i32.load (i32.const -16)))

  ;; ---- Hypercalls ----
  (func $askHost (export "askHost") (param i32) (result i32) (call $ask (local.get 0)))
  (func (export "askHostMany") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (block $done
      (loop $more
        (br_if $done (i32.ge_s (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $ask (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $more)))
    (local.get $sum))
  (func (export "keepThenAskHost") (param i32) (result i32)
    (call $keep (local.get 0))
    (call $ask (local.get 0)))
  (func (export "askHostThenLoop") (param i32)
    (drop (call $ask (local.get 0)))
    (call $loop))
  (func (export "storm") (loop $again (drop (call $ask (i32.const 0))) (br $again))))
