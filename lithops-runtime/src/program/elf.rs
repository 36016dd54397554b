//! Reading the headers of an ELF file.

use std::path::{Path, PathBuf};

use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{
    DynamicTable, FileHeader as _, ProgramHeader as _, SectionHeader as _, SectionTable,
};
use object::read::{Error, FileKind};

use super::{Architecture, GlibcVersion, Needs, ProgramError};

type Header = FileHeader64<Endianness>;

/// What an ELF file of 64 bits says of itself.
pub(crate) struct Elf {
    pub(crate) needs: Needs,
    pub(crate) dynamic: Dynamic,
    /// Whether the kernel can start it.
    pub(crate) executable: bool,
    /// The newest version of glibc that it defines, if it is a part of glibc.
    pub(crate) defines: Option<GlibcVersion>,
}

/// Where an ELF file wants its libraries to be searched for, and its own name as one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dynamic {
    pub(crate) soname: Option<String>,
    /// `DT_RPATH`; empty if there is a `DT_RUNPATH`, which makes loaders pass over it.
    pub(crate) rpath: Vec<String>,
    pub(crate) runpath: Option<Vec<String>>,
    /// Neither the cache nor the default folders are for it.
    pub(crate) no_default_folders: bool,
}

impl Elf {
    /// Reads the headers of the file at `path`, whose content is `data`.
    pub(crate) fn read(path: &Path, data: &[u8]) -> Result<Self, ProgramError> {
        let path = || path.to_owned();
        match FileKind::parse(data) {
            Ok(FileKind::Elf64) => {}
            Ok(FileKind::Elf32) => return Err(ProgramError::ThirtyTwoBits { path: path() }),
            _ => return Err(ProgramError::NotElf { path: path() }),
        }
        let read = Self::parse(data);
        let read = read.map_err(|source| ProgramError::Damaged { path: path(), source })?;
        read.ok_or_else(|| ProgramError::NoSections { path: path() })
    }

    /// `None` for a dynamic file without section headers.
    fn parse(data: &[u8]) -> Result<Option<Self>, Error> {
        let header = Header::parse(data)?;
        let endian = header.endian()?;
        let (mut interpreter, mut is_dynamic) = (None, false);
        for segment in header.program_headers(endian, data)? {
            is_dynamic |= segment.p_type(endian) == elf::PT_DYNAMIC;
            if let Some(name) = segment.interpreter(endian, data)? {
                interpreter = Some(PathBuf::from(text(name)));
            }
        }
        let sections = header.sections(endian, data)?;
        if is_dynamic && sections.is_empty() {
            return Ok(None);
        }
        let table = sections.dynamic_table(endian, data)?;
        let (libraries, dynamic) = dynamic(&table)?;
        let (glibc, defines) = glibc_versions(&sections, endian, data)?;
        let kind = header.e_type(endian);
        // A static program has no interpreter either, but it has a place to start at.
        let starts = interpreter.is_some() || header.e_entry.get(endian) != 0;
        let executable = kind == elf::ET_EXEC || (kind == elf::ET_DYN && starts);
        let architecture = architecture(header.e_machine(endian), endian);
        let build_id = build_id(&sections, endian, data)?;
        let needs = Needs { architecture, interpreter, libraries, glibc, build_id };
        Ok(Some(Self { needs, dynamic, executable, defines }))
    }
}

fn dynamic(table: &DynamicTable<'_, Header>) -> Result<(Vec<String>, Dynamic), Error> {
    let mut libraries = Vec::new();
    let mut dynamic = Dynamic::default();
    for entry in table {
        match entry.tag {
            elf::DT_NEEDED => libraries.push(text(table.string(entry)?)),
            elf::DT_SONAME => dynamic.soname = Some(text(table.string(entry)?)),
            elf::DT_RPATH => dynamic.rpath = folders(table.string(entry)?),
            elf::DT_RUNPATH => dynamic.runpath = Some(folders(table.string(entry)?)),
            elf::DT_FLAGS_1 => dynamic.no_default_folders = entry.val & NODEFLIB != 0,
            _ => {}
        }
    }
    if dynamic.runpath.is_some() {
        dynamic.rpath.clear();
    }
    Ok((libraries, dynamic))
}

/// `DF_1_NODEFLIB`, which linkers set for `-z nodefaultlib`.
const NODEFLIB: u64 = 0x800;

/// The newest versions of glibc that a file needs, and that it defines.
fn glibc_versions(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    data: &[u8],
) -> Result<(Option<GlibcVersion>, Option<GlibcVersion>), Error> {
    let mut needed = None;
    if let Some((mut files, link)) = sections.gnu_verneed(endian, data)? {
        let strings = sections.strings(endian, data, link)?;
        while let Some((_, mut versions)) = files.next()? {
            while let Some(version) = versions.next()? {
                let name = text(version.name(endian, strings)?);
                needed = needed.max(GlibcVersion::of_symbol(&name));
            }
        }
    }
    let mut defined = None;
    if let Some((mut definitions, link)) = sections.gnu_verdef(endian, data)? {
        let strings = sections.strings(endian, data, link)?;
        while let Some((_, mut names)) = definitions.next()? {
            // The first name is the version's own, the others are those it builds on.
            if let Some(version) = names.next()? {
                let name = text(version.name(endian, strings)?);
                defined = defined.max(GlibcVersion::of_symbol(&name));
            }
        }
    }
    Ok((needed, defined))
}

fn build_id(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    data: &[u8],
) -> Result<Vec<u8>, Error> {
    for section in sections.iter() {
        let Some(mut notes) = section.notes(endian, data)? else { continue };
        while let Some(note) = notes.next()? {
            if note.name() == elf::ELF_NOTE_GNU && note.n_type(endian) == elf::NT_GNU_BUILD_ID {
                return Ok(note.desc().to_vec());
            }
        }
    }
    Ok(Vec::new())
}

/// The name that images give to a machine.
fn architecture(machine: elf::Machine, endian: Endianness) -> Architecture {
    let big = endian == Endianness::Big;
    match machine {
        elf::EM_X86_64 => Architecture::X86_64,
        elf::EM_AARCH64 if !big => Architecture::Aarch64,
        elf::EM_RISCV => Architecture::from("riscv64"),
        elf::EM_PPC64 => Architecture::from(if big { "ppc64" } else { "ppc64le" }),
        elf::EM_S390 => Architecture::from("s390x"),
        elf::EM_LOONGARCH => Architecture::from("loong64"),
        elf::EM_MIPS => Architecture::from(if big { "mips64" } else { "mips64le" }),
        other => Architecture::Other(format!("elf-machine-{}", other.0)),
    }
}

fn folders(list: &[u8]) -> Vec<String> {
    text(list).split(':').filter(|folder| !folder.is_empty()).map(str::to_owned).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
