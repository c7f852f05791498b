// Numbers as the pages show them.

export function count(n) {
  if (n < 1e4) return String(n);
  if (n < 1e7) return `${(n / 1e3).toFixed(n < 1e5 ? 1 : 0)} k`;
  return `${(n / 1e6).toFixed(1)} M`;
}

export function bytes(n) {
  for (const unit of ["B", "kB", "MB"]) {
    if (n < 1e4) return `${n < 100 && unit !== "B" ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1000;
  }
  return `${n.toFixed(1)} GB`;
}
