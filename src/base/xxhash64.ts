// Owns xxHash64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), by which Envoy shares values out.
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const laneBytes = 8;
const stripeBytes = 32;

/** Of a byte string; a number of 64 bits. */
export function xxHash64(bytes: string, seed: bigint): bigint {
  const input = Buffer.from(bytes, 'latin1');
  let at = 0;
  let hash: bigint;
  if (input.length < stripeBytes) {
    hash = wrap(seed + prime5);
  } else {
    let a = wrap(seed + prime1 + prime2);
    let b = wrap(seed + prime2);
    let c = wrap(seed);
    let d = wrap(seed - prime1);
    for (; at + stripeBytes <= input.length; at += stripeBytes) {
      a = round(a, input.readBigUInt64LE(at));
      b = round(b, input.readBigUInt64LE(at + laneBytes));
      c = round(c, input.readBigUInt64LE(at + 2 * laneBytes));
      d = round(d, input.readBigUInt64LE(at + 3 * laneBytes));
    }
    hash = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
    for (const lane of [a, b, c, d]) hash = wrap((hash ^ round(0n, lane)) * prime1 + prime4);
  }
  hash = wrap(hash + BigInt(input.length));
  for (; at + laneBytes <= input.length; at += laneBytes) {
    hash = wrap(rotate(hash ^ round(0n, input.readBigUInt64LE(at)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= input.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(input.readUInt32LE(at)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < input.length; at++) {
    hash = wrap(rotate(hash ^ wrap(BigInt(input.readUInt8(at)) * prime5), 11n) * prime1);
  }
  hash = wrap((hash ^ (hash >> 33n)) * prime2);
  hash = wrap((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

function round(accumulator: bigint, lane: bigint): bigint {
  return wrap(rotate(wrap(accumulator + lane * prime2), 31n) * prime1);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap(value << bits) | (value >> (64n - bits));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
