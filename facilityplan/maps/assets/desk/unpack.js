// Reads what packing.py wrote: long lists stand in for themselves until somebody asks for them.
"use strict";

(() => {
  const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  // Base values and extra bits of lengths and distances (RFC 1951, 3.2.5).
  function bases(start, extras) {
    const found = [];
    let base = start;
    for (const extra of extras) {
      found.push(base);
      base += 1 << extra;
    }
    return found;
  }
  const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const LENGTH_BASE = bases(3, LENGTH_EXTRA);
  LENGTH_BASE[28] = 258;
  const DISTANCE_EXTRA = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));
  const DISTANCE_BASE = bases(1, DISTANCE_EXTRA);

  // A table over as many bits as the longest code has: (symbol << 4) + length of its code.
  function codeTable(lengths) {
    const longest = Math.max(...lengths, 1);
    const table = new Uint16Array(1 << longest);
    let code = 0;
    for (let length = 1; length <= longest; length += 1) {
      lengths.forEach((own, symbol) => {
        if (own !== length) return;
        let mirrored = 0;
        for (let bit = 0; bit < length; bit += 1) mirrored |= ((code >> bit) & 1) << (length - 1 - bit);
        for (let at = mirrored; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
        code += 1;
      });
      code <<= 1;
    }
    return { table, mask: table.length - 1 };
  }

  const FIXED = [
    codeTable(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8))),
    codeTable(new Array(30).fill(5)),
  ];

  // The bytes of a zlib stream. Browsers inflate by themselves only lately, and never at once.
  function inflate(input) {
    let output = new Uint8Array(input.length * 4 + 1024);
    let size = 0;
    let at = 2;
    let held = 0;
    let count = 0;

    const fill = (wanted) => {
      while (count < wanted) {
        held |= (at < input.length ? input[at] : 0) << count;
        at += 1;
        count += 8;
      }
    };
    const bits = (wanted) => {
      if (!wanted) return 0;
      fill(wanted);
      const value = held & ((1 << wanted) - 1);
      held >>>= wanted;
      count -= wanted;
      return value;
    };
    const symbol = ({ table, mask }) => {
      fill(15);
      const entry = table[held & mask];
      if (!(entry & 15) || at > input.length + 4) throw new Error("damaged data");
      held >>>= entry & 15;
      count -= entry & 15;
      return entry >> 4;
    };
    const room = (wanted) => {
      if (size + wanted <= output.length) return;
      const larger = new Uint8Array(Math.max(output.length * 2, size + wanted));
      larger.set(output);
      output = larger;
    };

    const codes = () => {
      const [literals, distances, order] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
      const lengths = new Array(19).fill(0);
      for (let n = 0; n < order; n += 1) lengths[CODE_ORDER[n]] = bits(3);
      const own = codeTable(lengths);
      const all = [];
      while (all.length < literals + distances) {
        const code = symbol(own);
        if (code < 16) {
          all.push(code);
          continue;
        }
        const value = code === 16 ? all[all.length - 1] : 0;
        const times = code === 16 ? 3 + bits(2) : code === 17 ? 3 + bits(3) : 11 + bits(7);
        for (let n = 0; n < times; n += 1) all.push(value);
      }
      return [codeTable(all.slice(0, literals)), codeTable(all.slice(literals, literals + distances))];
    };

    const stored = () => {
      at -= count >> 3;
      held = 0;
      count = 0;
      const length = input[at] | (input[at + 1] << 8);
      at += 4;
      room(length);
      output.set(input.subarray(at, at + length), size);
      at += length;
      size += length;
    };

    const block = ([literals, distances]) => {
      for (;;) {
        const code = symbol(literals);
        if (code === 256) return;
        if (code < 256) {
          if (size === output.length) room(1);
          output[size] = code;
          size += 1;
          continue;
        }
        const length = LENGTH_BASE[code - 257] + bits(LENGTH_EXTRA[code - 257]);
        const back = symbol(distances);
        const distance = DISTANCE_BASE[back] + bits(DISTANCE_EXTRA[back]);
        if (distance > size) throw new Error("damaged data");
        room(length);
        for (let n = 0; n < length; n += 1) output[size + n] = output[size + n - distance];
        size += length;
      }
    };

    for (let last = 0; !last; ) {
      last = bits(1);
      const kind = bits(2);
      if (kind === 0) stored();
      else if (kind < 3) block(kind === 1 ? FIXED : codes());
      else throw new Error("damaged data");
    }
    // four bytes of a sum end the stream
    if (at - (count >> 3) + 4 > input.length) throw new Error("damaged data");
    return output.subarray(0, size);
  }

  // Whole numbers, seven bits a byte.
  function varints(bytes, from, count) {
    const found = new Array(count);
    let at = from;
    for (let n = 0; n < count; n += 1) {
      let byte = bytes[at];
      at += 1;
      let value = byte & 127;
      for (let factor = 128; byte > 127; factor *= 128) {
        byte = bytes[at];
        at += 1;
        value += (byte & 127) * factor;
      }
      found[n] = value;
    }
    return { found, at };
  }

  const signed = (code) => (code < 2 ** 31 ? (code >>> 1) ^ -(code & 1) : code % 2 ? -(code + 1) / 2 : code / 2);

  // Whole numbers of w bytes, the lowest bytes of all of them first.
  function codes(bytes, { at, n, w }, found) {
    for (let row = 0; row < n; row += 1) {
      let code = bytes[at + row];
      for (let byte = 1, factor = 256; byte < w; byte += 1, factor *= 256) code += bytes[at + byte * n + row] * factor;
      found[row] = code;
    }
    return found;
  }

  function numbers(bytes, part) {
    const { n, d, gaps, steps } = part;
    const found = codes(bytes, part, new Array(n));
    const unit = 10 ** d;
    let sum = 0;
    for (let row = 0; row < n; row += 1) {
      if (gaps) found[row] = found[row] === 0 ? null : signed(found[row] - 1) / unit;
      else if (steps) {
        sum += signed(found[row]);
        found[row] = sum / unit;
      } else found[row] = signed(found[row]) / unit;
    }
    return found;
  }

  function integers(bytes, part) {
    const read = codes(bytes, part, new Float64Array(part.n));
    const found = new Int32Array(part.n);
    let sum = 0;
    for (let row = 0; row < part.n; row += 1) {
      sum = part.steps ? sum + signed(read[row]) : signed(read[row]);
      found[row] = sum;
    }
    return found;
  }

  // Numbers with all their bits, byte by byte of all in turn; what is no number is not known.
  function floats(bytes, { at, n }) {
    const own = new Uint8Array(8 * n);
    for (let byte = 0; byte < 8; byte += 1) {
      for (let row = 0; row < n; row += 1) own[8 * row + byte] = bytes[at + byte * n + row];
    }
    const view = new DataView(own.buffer);
    return Array.from({ length: n }, (_, row) => {
      const value = view.getFloat64(8 * row, true);
      return Number.isNaN(value) ? null : value;
    });
  }

  function texts(bytes, { at, n, bytes: length }) {
    const { found, at: begin } = varints(bytes, at, n);
    const all = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(begin, begin + length));
    let from = 0;
    return found.map((size) => {
      const text = all.slice(from, from + size);
      from += size;
      return text;
    });
  }

  function tree(bytes, { at, n }) {
    const { found } = varints(bytes, at, n);
    let next = 0;
    const read = () => {
      const token = found[next];
      next += 1;
      if (token % 2 === 0) return signed(token / 2);
      return Array.from({ length: (token - 1) / 2 }, read);
    };
    return read();
  }

  const READERS = { n: numbers, i: integers, f: floats, s: texts, t: tree };

  // A property that is made when it is first asked for.
  desk.later = (target, key, make) => {
    const settle = (value) => Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
    Object.defineProperty(target, key, {
      configurable: true,
      enumerable: true,
      get() {
        const value = make();
        settle(value);
        return value;
      },
      set: settle,
    });
  };

  const isPacked = (value) => value !== null && typeof value === "object" && typeof value.$ === "string";

  function revive(read, value) {
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((item) => revive(read, item));
    if (isPacked(value)) return read(value);
    const whole = {};
    for (const key of Object.keys(value)) {
      if (isPacked(value[key])) desk.later(whole, key, () => read(value[key]));
      else whole[key] = revive(read, value[key]);
    }
    return whole;
  }

  function bytesOf(base64) {
    const held = atob(base64);
    const bytes = new Uint8Array(held.length);
    for (let at = 0; at < held.length; at += 1) bytes[at] = held.charCodeAt(at);
    return bytes;
  }

  desk.inflate = inflate;

  // The value that was packed: the lean JSON, and the streams of bytes in base 64, a line each.
  // The first stream holds all short lists, every other a long one.
  desk.unpack = (lean, base64) => {
    const streams = base64.split("\n");
    const stream = (number) => inflate(bytesOf(streams[number]));
    let shared = null;
    const read = (part) => {
      if (part.in) return READERS[part.$](stream(part.in), part);
      shared = shared || stream(0);
      return READERS[part.$](shared, part);
    };
    return revive(read, JSON.parse(lean));
  };
})();
