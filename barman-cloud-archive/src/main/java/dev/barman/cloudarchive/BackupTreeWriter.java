// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.BarmanException;
import dev.barman.tar.PaxTarWriter;
import dev.barman.tar.PaxTarWriter.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts the files of a cluster into archives while they are being written to. What vanishes meanwhile is left out, a file that shrinks is filled up
 * with zeros, one that grows is cut at the length it had: the WAL of the backup makes good for all of that. To be used by one thread; the contents
 * are read by those that write the archive.
 */
final class BackupTreeWriter {
    private static final int MODE_BITS = 07777;
    private static final String ATTRIBUTES =
            "unix:mode,uid,gid,size,lastModifiedTime,isRegularFile,isDirectory,isSymbolicLink,isOther";

    private final Source source;
    private final BackupGuard guard;
    private final CloudLog log;
    private final Map<Integer, String> users = new HashMap<>();
    private final Map<Integer, String> groups = new HashMap<>();
    private final Set<Path> knownLinks = new HashSet<>();
    private final Set<Path> followedLinks = new HashSet<>();

    /** What the directories are. */
    enum Source {
        /** Those of a running server: files vanish and change, and WAL covers it. */
        LIVE,
        /** A finished copy, which nobody should be changing: what is missing in it is missing for good. */
        FINISHED
    }

    BackupTreeWriter(Source source, BackupGuard guard, CloudLog log) {
        this.source = source;
        this.guard = guard;
        this.log = log;
    }

    /** What a file is, when it was looked at. */
    private record Attributes(Path path, Map<String, Object> values) {
        int number(String name) {
            return values.get(name) instanceof Integer value ? value : 0;
        }

        long sizeBytes() {
            return values.get("size") instanceof Long size ? size : 0;
        }

        boolean is(String name) {
            return Boolean.TRUE.equals(values.get(name));
        }

        @Nullable
        FileTime modified() {
            return values.get("lastModifiedTime") instanceof FileTime time ? time : null;
        }
    }

    /** Links to directories of which no warning is needed: what they lead to is in the backup otherwise, or not meant to be. */
    void expectLink(Path link) {
        knownLinks.add(link);
    }

    /** A path in a data directory in place of which, should it be a link to a file, that file is added: another machine has only what is in the backup. */
    void follow(Path link) {
        followedLinks.add(link);
    }

    /**
     * Adds a data directory with all that belongs into a backup.
     *
     * @param root may be a link to the directory
     */
    void addData(BackupArchiveWriter archive, Path root, BackupExclusions exclusions)
            throws IOException, BarmanException {
        // Of a link it is the directory's owner that counts, by number and by name.
        Path real = root.toRealPath();
        Attributes attributes = new Attributes(real, Files.readAttributes(real, ATTRIBUTES));
        TreeEntry entry = withoutContent(attributes, null, Kind.DIRECTORY, ".", "");
        archive.add(entry);
        addContent(archive, root, entry, "", "./", exclusions);
    }

    /**
     * Adds a tablespace: the directories in it that belong to a major version of PostgreSQL, which another version may share.
     *
     * @param majorVersion as {@code 15} or {@code 9.6}
     */
    void addTablespace(BackupArchiveWriter archive, Path root, String majorVersion)
            throws IOException, BarmanException {
        String prefix = "PG_" + majorVersion + "_";
        BackupExclusions exclusions = BackupExclusions.ofTablespace();
        for (Path directory : children(root)) {
            String name = name(directory);
            if (name != null && name.startsWith(prefix)) {
                Attributes attributes = attributes(directory);
                if (attributes != null && attributes.is("isDirectory")) {
                    addDirectory(archive, attributes, null, name, exclusions);
                }
            }
        }
    }

    /**
     * Adds one file behind everything else, when all of that has been read, whatever a link in its place leads to.
     *
     * @param name of the entry
     * @throws NoSuchFileException when it does not exist
     */
    void addFile(BackupArchiveWriter archive, Path file, String name) throws IOException, BarmanException {
        Attributes attributes = new Attributes(file, Files.readAttributes(file, ATTRIBUTES));
        archive.addLast(new TreeEntry(
                fileHeader(attributes, name), null, (target, header, buffer) -> copy(file, target, header, buffer)));
    }

    /** Adds, behind everything else, a file whose content is made up here, with the owner of another one and for its owner only. */
    void addText(BackupArchiveWriter archive, String name, String text, Path owner)
            throws IOException, BarmanException {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        Attributes attributes = new Attributes(owner, Files.readAttributes(owner, ATTRIBUTES));
        PaxTarWriter.Entry ownersOnly = header(attributes, Kind.FILE, name, "", content.length, 0600);
        archive.addLast(new TreeEntry(ownersOnly, null, (target, header, buffer) -> {
            target.begin(header);
            target.write(content, content.length);
            target.end();
        }));
    }

    private void addDirectory(
            BackupArchiveWriter archive,
            Attributes directory,
            @Nullable TreeEntry parent,
            String name,
            BackupExclusions exclusions)
            throws IOException, BarmanException {
        TreeEntry entry = withoutContent(directory, parent, Kind.DIRECTORY, name, "");
        archive.add(entry);
        addContent(archive, directory.path(), entry, name, name + "/", exclusions);
    }

    /** First the files, then the directories with what is in them. */
    private void addContent(
            BackupArchiveWriter archive,
            Path directory,
            TreeEntry entry,
            String parent,
            String filePrefix,
            BackupExclusions exclusions)
            throws IOException, BarmanException {
        List<Attributes> directories = new ArrayList<>();
        for (Path child : children(directory)) {
            guard.check();
            String name = name(child);
            if (name == null || exclusions.excludes(parent, name)) {
                continue;
            }
            Attributes attributes = attributes(child);
            if (attributes == null) {
                vanished(child);
                continue;
            }
            if (attributes.is("isDirectory")) {
                directories.add(attributes);
            } else if (attributes.is("isSymbolicLink")) {
                if (!followedLinks.contains(child) || !addTarget(archive, child, entry, filePrefix + name)) {
                    addLink(archive, attributes, entry, filePrefix + name);
                }
            } else if (attributes.is("isRegularFile")) {
                addFileOfTree(archive, attributes, entry, filePrefix + name);
            } else {
                log.info("Left out, for it is neither file nor directory: " + child);
            }
        }
        String directoryPrefix = parent.isEmpty() ? "" : parent + "/";
        for (Attributes child : directories) {
            addDirectory(archive, child, entry, directoryPrefix + name(child.path()), exclusions);
        }
    }

    /** Adds the file that a link leads to in place of the link; returns false when there is none. */
    private boolean addTarget(BackupArchiveWriter archive, Path link, TreeEntry directory, String name)
            throws IOException, BarmanException {
        if (!Files.isRegularFile(link)) {
            return false;
        }
        Attributes attributes;
        try {
            attributes = new Attributes(link, Files.readAttributes(link, ATTRIBUTES));
        } catch (NoSuchFileException e) {
            vanished(link);
            return false;
        }
        addFileOfTree(archive, attributes, directory, name);
        return true;
    }

    private void addLink(BackupArchiveWriter archive, Attributes link, TreeEntry directory, String name)
            throws IOException, BarmanException {
        if (Files.isDirectory(link.path())) {
            if (!knownLinks.contains(link.path())) {
                log.warning("The symbolic link " + link.path()
                        + " leads to a directory: neither the link nor what it leads to is in the backup");
            }
            return;
        }
        Path target;
        try {
            target = Files.readSymbolicLink(link.path());
        } catch (NoSuchFileException e) {
            return;
        }
        try {
            archive.add(withoutContent(link, directory, Kind.LINK, name, Utf8Path.text(target)));
        } catch (CharacterCodingException e) {
            log.warning("What the symbolic link " + link.path()
                    + " leads to is not in UTF-8: the link is not in the backup");
        }
    }

    private TreeEntry withoutContent(
            Attributes attributes, @Nullable TreeEntry directory, Kind kind, String name, String linkTarget)
            throws IOException {
        return new TreeEntry(
                header(attributes, kind, name, linkTarget, 0, attributes.number("mode") & MODE_BITS), directory, null);
    }

    /** Adds a file that may have vanished when its turn comes. */
    private void addFileOfTree(BackupArchiveWriter archive, Attributes file, TreeEntry directory, String name)
            throws IOException, BarmanException {
        archive.add(new TreeEntry(fileHeader(file, name), directory, (target, header, buffer) -> {
            try {
                copy(file.path(), target, header, buffer);
            } catch (NoSuchFileException e) {
                vanished(file.path());
            }
        }));
    }

    private PaxTarWriter.Entry fileHeader(Attributes file, String name) throws IOException {
        return header(file, Kind.FILE, name, "", file.sizeBytes(), file.number("mode") & MODE_BITS);
    }

    /** Copies a file with the length it has now. */
    private void copy(Path file, ArchiveObject target, PaxTarWriter.Entry header, byte[] buffer)
            throws IOException, BarmanException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            target.begin(header.withSize(size));
            long left = size;
            while (left > 0) {
                guard.check();
                ByteBuffer window = ByteBuffer.wrap(buffer, 0, (int) Math.min(buffer.length, left));
                int count = channel.read(window);
                if (count < 0) {
                    if (source == Source.FINISHED) {
                        throw new IOException(file + ": became shorter while it was read");
                    }
                    count = window.limit();
                    Arrays.fill(buffer, 0, count, (byte) 0);
                }
                target.write(buffer, count);
                left -= count;
            }
            target.end();
        }
    }

    private PaxTarWriter.Entry header(
            Attributes attributes, Kind kind, String name, String linkTarget, long size, int mode) throws IOException {
        FileTime modified = attributes.modified();
        return new PaxTarWriter.Entry(
                kind,
                name,
                linkTarget,
                size,
                mode,
                Integer.toUnsignedLong(attributes.number("uid")),
                Integer.toUnsignedLong(attributes.number("gid")),
                principal(users, attributes, "uid", "owner"),
                principal(groups, attributes, "gid", "group"),
                modified == null ? null : modified.toInstant());
    }

    /** The name of an owner or group, empty where the host knows none; looked up once. */
    private static String principal(Map<Integer, String> known, Attributes attributes, String number, String attribute)
            throws IOException {
        int id = attributes.number(number);
        String name = known.get(id);
        if (name == null) {
            try {
                name = String.valueOf(
                        Files.getAttribute(attributes.path(), "unix:" + attribute, LinkOption.NOFOLLOW_LINKS));
            } catch (NoSuchFileException e) {
                return "";
            }
            if (name.equals(Integer.toUnsignedString(id))) {
                name = "";
            }
            known.put(id, name);
        }
        return name;
    }

    private void vanished(Path path) throws IOException {
        if (source == Source.FINISHED) {
            throw new IOException(path + ": vanished while the backup was sent");
        }
        log.debug("Vanished meanwhile: " + path);
    }

    /** The entries of a directory in the order of their names; none when it has vanished. */
    private List<Path> children(Path directory) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(children::add);
        } catch (NoSuchFileException | NotDirectoryException | FileSystemLoopException e) {
            vanished(directory);
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        children.sort(null);
        return children;
    }

    private static @Nullable Attributes attributes(Path path) throws IOException {
        try {
            return new Attributes(path, Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** The name of a file, read as UTF-8 whatever the locale of this process; null, with a warning, when it is not that. */
    private @Nullable String name(Path path) {
        Path last = path.getFileName();
        if (last == null) {
            return null;
        }
        try {
            return Utf8Path.text(last);
        } catch (CharacterCodingException e) {
            log.warning("The name of " + path + " is not in UTF-8: it is not in the backup");
            return null;
        }
    }
}
