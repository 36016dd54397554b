//! Words of k bases in 2 bits a base.

/// The k-mers of a read, each as the smaller of itself and its reverse complement; those with a base
/// that is not known are left out.
pub(crate) fn canonical(bases: &[u8], k: usize) -> impl Iterator<Item = u64> {
    let mask = (1_u64 << (2 * k)) - 1;
    let (mut forward, mut backward, mut known) = (0_u64, 0_u64, 0_usize);
    bases.iter().filter_map(move |base| {
        let code = match base {
            b'A' | b'a' => 0,
            b'C' | b'c' => 1,
            b'G' | b'g' => 2,
            b'T' | b't' => 3,
            _ => {
                known = 0;
                return None;
            }
        };
        forward = (forward << 2 | code) & mask;
        backward = backward >> 2 | (3 - code) << (2 * (k - 1));
        known += 1;
        (known >= k).then_some(forward.min(backward))
    })
}

/// The k-mer in letters.
pub(crate) fn text(kmer: u64, k: usize) -> String {
    let letter = |place: usize| char::from(b"ACGT"[(kmer >> (2 * place)) as usize & 3]);
    (0..k).rev().map(letter).collect()
}
