//! Taking debug sections out of an ELF file.
//!
//! What is loaded stays byte by byte where it is, so that nothing about the running program changes.
//! Sections that are not loaded stand behind it; those that stay are written anew, close together.

use object::elf::{self, FileHeader64, SectionHeader64, Sym64, SymbolSection};
use object::pod::{bytes_of, bytes_of_slice};
use object::read::Error;
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _, SectionTable};
use object::{Endianness, U16, U64};

type Header = FileHeader64<Endianness>;
type Section = SectionHeader64<Endianness>;

/// The file without its debug sections; `None` if it has none.
pub(super) fn without_debug_sections(data: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let header = Header::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let numbers = new_numbers(&sections, endian)?;
    // More sections than 16 bits can number are in object files only.
    let numbered_aside = sections.iter().any(|s| s.sh_type(endian) == elf::SHT_SYMTAB_SHNDX);
    if numbers.iter().all(Option::is_some) || numbered_aside {
        return Ok(None);
    }
    let loaded = end_of_loaded(header, &sections, data)?;
    let mut out = data.get(..loaded).unwrap_or(data).to_vec();
    let mut table: Vec<Section> = Vec::new();
    for (section, _) in sections.iter().zip(&numbers).filter(|(_, number)| number.is_some()) {
        let mut moved = *section;
        let content = section.data(endian, data)?;
        let (offset, size) = section.file_range(endian).unwrap_or_default();
        if size > 0 && offset + size > loaded as u64 {
            let align = usize::try_from(section.sh_addralign.get(endian)).unwrap_or(1).max(1);
            out.resize(out.len().next_multiple_of(align), 0);
            moved.sh_offset = U64::new(endian, out.len() as u64);
            if section.sh_type(endian) == elf::SHT_SYMTAB {
                let mut symbols = section.data_as_array::<Sym64<_>, _>(endian, data)?.to_vec();
                symbols.iter_mut().for_each(|symbol| renumber(symbol, &numbers, endian));
                out.extend(bytes_of_slice(&symbols));
            } else {
                out.extend(content);
            }
        }
        moved.sh_link.set(endian, new_number(&numbers, section.sh_link(endian)));
        let names_section = section.sh_flags(endian).contains(elf::SHF_INFO_LINK)
            || matches!(section.sh_type(endian), elf::SHT_REL | elf::SHT_RELA);
        if names_section {
            moved.sh_info.set(endian, new_number(&numbers, section.sh_info(endian)));
        }
        table.push(moved);
    }
    out.resize(out.len().next_multiple_of(8), 0);
    let mut header = *header;
    let names = new_number(&numbers, header.section_strings_index(endian, data)?.0 as u32);
    header.e_shstrndx = U16::new(endian, SymbolSection(names as u16));
    header.e_shnum = U16::new(endian, table.len() as u16);
    header.e_shoff = U64::new(endian, out.len() as u64);
    out.extend(bytes_of_slice(&table));
    let start = bytes_of(&header);
    out.get_mut(..start.len()).into_iter().for_each(|place| place.copy_from_slice(start));
    Ok(Some(out))
}

/// The number that each section gets; `None` for those that go.
fn new_numbers(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
) -> Result<Vec<Option<u32>>, Error> {
    let mut next = 0;
    let numbers = sections.iter().map(|section| {
        let name = sections.section_name(endian, section)?;
        let name = name.strip_prefix(b".rela").unwrap_or(name);
        let debug = [&b".debug_"[..], b".zdebug_", b".gdb_index"];
        // `.debug_gdb_scripts` is loaded with the program, and stays.
        let loaded = section.sh_flags(endian).contains(elf::SHF_ALLOC);
        if !loaded && debug.iter().any(|prefix| name.starts_with(prefix)) {
            return Ok(None);
        }
        next += 1;
        Ok(Some(next - 1))
    });
    numbers.collect()
}

/// Where the part of the file ends that is loaded, or says what is.
fn end_of_loaded(
    header: &Header,
    sections: &SectionTable<'_, Header>,
    data: &[u8],
) -> Result<usize, Error> {
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?;
    let table = header.e_phoff.get(endian) + size_of_val(segments) as u64;
    let ends = segments.iter().map(|segment| {
        let (offset, size) = segment.file_range(endian);
        offset.saturating_add(size)
    });
    let loaded = sections.iter().filter(|s| s.sh_flags(endian).contains(elf::SHF_ALLOC));
    let sections = loaded.filter_map(|section| section.file_range(endian));
    let sections = sections.map(|(offset, size)| offset.saturating_add(size));
    let end = ends.chain(sections).fold(table.max(size_of::<Header>() as u64), u64::max);
    Ok(usize::try_from(end).unwrap_or(usize::MAX).min(data.len()))
}

/// The number that a section has got; 0, which is none, if it went.
fn new_number(numbers: &[Option<u32>], old: u32) -> u32 {
    numbers.get(old as usize).copied().flatten().unwrap_or(0)
}

fn renumber(symbol: &mut Sym64<Endianness>, numbers: &[Option<u32>], endian: Endianness) {
    if let Some(old) = symbol.st_shndx.get(endian).index() {
        let new = new_number(numbers, old.into());
        symbol.st_shndx = U16::new(endian, SymbolSection(new as u16));
    }
}
