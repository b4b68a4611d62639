;; Floyd-Steinberg dithering of a grey picture that the module asks for, pixel by pixel, and gives back row by row.
;; Error terms are kept in linear memory, as 32-bit integers in sixteenths.
(module
  (import "picture" "pixel" (func $pixel (param i32 i32) (result i32)))   ;; x, y -> 0..255
  (import "picture" "row" (func $row (param i32 i64)))                    ;; y, bits of the row, the left pixel highest
  (memory 1)

  (func $slot (param $x i32) (result i32)
    (i32.shl (local.get $x) (i32.const 2)))

  (func $add (param $at i32) (param $value i32)
    (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $value))))

  ;; Two lines of errors lie one after the other; the lines change places by `$here` and `$below`.
  (func (export "dither") (param $width i32) (param $height i32) (result i32)
    (local $x i32) (local $y i32) (local $here i32) (local $below i32) (local $swap i32)
    (local $grey i32) (local $error i32) (local $bits i64) (local $black i32)
    (if (i32.gt_u (local.get $width) (i32.const 64)) (then unreachable))
    (local.set $here (i32.const 16))
    (local.set $below (i32.const 1040))
    (block $done
      (loop $rows
        (br_if $done (i32.ge_u (local.get $y) (local.get $height)))
        (local.set $x (i32.const 0))
        (local.set $bits (i64.const 0))
        (memory.fill (i32.sub (local.get $below) (i32.const 4)) (i32.const 0) (i32.const 264))
        (block $line
          (loop $pixels
            (br_if $line (i32.ge_u (local.get $x) (local.get $width)))
            (local.set $grey
              (i32.add
                (i32.shl (call $pixel (local.get $x) (local.get $y)) (i32.const 4))
                (i32.load (i32.add (local.get $here) (call $slot (local.get $x))))))
            (local.set $bits (i64.shl (local.get $bits) (i64.const 1)))
            (if (i32.lt_s (local.get $grey) (i32.const 2048))
              (then
                (local.set $bits (i64.or (local.get $bits) (i64.const 1)))
                (local.set $black (i32.add (local.get $black) (i32.const 1)))
                (local.set $error (local.get $grey)))
              (else (local.set $error (i32.sub (local.get $grey) (i32.const 4080)))))
            (local.set $error (i32.div_s (local.get $error) (i32.const 16)))
            (call $add
              (i32.add (local.get $here) (call $slot (i32.add (local.get $x) (i32.const 1))))
              (i32.mul (local.get $error) (i32.const 7)))
            (call $add
              (i32.add (local.get $below) (call $slot (i32.sub (local.get $x) (i32.const 1))))
              (i32.mul (local.get $error) (i32.const 3)))
            (call $add
              (i32.add (local.get $below) (call $slot (local.get $x)))
              (i32.mul (local.get $error) (i32.const 5)))
            (call $add
              (i32.add (local.get $below) (call $slot (i32.add (local.get $x) (i32.const 1))))
              (local.get $error))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))
            (br $pixels)))
        (call $row (local.get $y) (local.get $bits))
        (local.set $swap (local.get $here))
        (local.set $here (local.get $below))
        (local.set $below (local.get $swap))
        (local.set $y (i32.add (local.get $y) (i32.const 1)))
        (br $rows)))
    (local.get $black)))
