// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.TarReader.Member;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.process.OwnProcess;
import dev.barman.storage.local.ErrorsDirectory;
import dev.barman.wal.archive.Quarantine;
import dev.barman.wal.compress.ContentComparator;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives WAL files for a server as a tar stream with checksums, and puts them into its {@code incoming} directory.
 *
 * <p>All or nothing: files appear under their names only when every checksum fits. When {@link #receive} says that all is well, the
 * files are durable, because PostgreSQL then recycles its own copy. A file that waits there already is compared by uncompressed
 * content: the same is well; another one is kept in the errors directory, and the sender is told to stop, as PostgreSQL demands of
 * an archive command. (Barman reports success in that case.) Content that is in the errors directory already is not kept again.
 */
public final class PutWal {
    private static final Logger logger = LoggerFactory.getLogger("barman.server");
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int MAX_SUMS_BYTES = 16 << 20;
    private static final int MAX_NAME_BYTES = 200;
    private static final String MD5_SUMS = "MD5SUMS";
    private static final String SHA256_SUMS = "SHA256SUMS";

    private final ServerConfig server;
    private final Path incoming;
    private final Messages messages;
    private final Clock clock;
    private final String origin;

    private final Map<String, Received> files = new LinkedHashMap<>();
    private final Map<String, String> sums = new LinkedHashMap<>();
    private final ReceivedDigest digest = new ReceivedDigest();
    private boolean md5;

    /**
     * A reception.
     *
     * @param clock gives the stamps of files in the errors directory
     * @param origin what {@link SshOrigin#suffix} says, for messages
     */
    public PutWal(ServerConfig server, Messages messages, Clock clock, String origin) {
        this.server = server;
        this.incoming = server.directories().incoming();
        this.messages = messages;
        this.clock = clock;
        this.origin = origin;
    }

    /** A file under its temporary name. */
    private record Received(Path temporary, String sha256) {}

    /**
     * Reads the stream to its end.
     *
     * @return whether the sender may forget the files: they are durable in {@code incoming}
     * @throws BarmanException when the stream breaks the protocol or the files cannot be stored; none has appeared then, or, when the
     *     failure came late, some have and sending again completes them
     */
    public boolean receive(InputStream tar) throws BarmanException {
        try {
            // Before the disk is needed.
            new PutWalLeftovers(incoming, clock).remove();
            digest.start();
            readAll(tar);
            Map<String, String> checksums = verify();
            return publish(checksums);
        } catch (TarReader.TarFormatException e) {
            // Barman's words for what its tar library says.
            messages.exception(String.valueOf(e.getMessage()));
            return false;
        } catch (IOException e) {
            throw new BarmanException(
                    "Cannot store WAL files in " + incoming + inPutWal() + ": " + IoReason.of(e)
                            + ". Nothing was acknowledged: the sender keeps its files and sends them again.",
                    e);
        } finally {
            digest.close();
            removeTemporaries();
        }
    }

    /**
     * Makes sure that files could be received, by making one.
     *
     * @throws BarmanException when they could not
     */
    public void requireReady() throws BarmanException {
        Path probe = incoming.resolve(PutWalLeftovers.prefix(OwnProcess.pid()) + "test");
        try {
            Files.deleteIfExists(probe);
            Files.delete(Files.createFile(probe));
        } catch (IOException e) {
            String hint = Files.isDirectory(incoming)
                    ? "let this user write to it"
                    : "create it, or run \"barman check " + server.name() + "\", which does";
            throw new BarmanException(
                    "Cannot store WAL files in " + incoming + inPutWal() + ": " + IoReason.of(e, probe) + ". Hint: "
                            + hint + ".",
                    e);
        }
    }

    private void readAll(InputStream stream) throws IOException, BarmanException {
        TarReader tar = new TarReader(stream);
        for (Member member = tar.next(); member != null; member = tar.next()) {
            String name = member.name().startsWith("./") ? member.name().substring(2) : member.name();
            if (member.type() != TarReader.REGULAR) {
                throw new BarmanException("Unsupported file type 'b'" + typeText(member.type()) + "'' for file '" + name
                        + "'" + inPutWal());
            }
            if (name.indexOf('/') >= 0) {
                throw new BarmanException("Unsupported filename '" + name + "'" + inPutWal());
            }
            if (name.equals(MD5_SUMS) || name.equals(SHA256_SUMS)) {
                md5 |= name.equals(MD5_SUMS);
                readSums(tar, member, name);
            } else {
                requireUsable(name);
                files.put(name, store(tar, member, name));
            }
        }
    }

    /** A hidden file would never be archived, a line end in a name would break the log and the protocol. */
    private void requireUsable(String name) throws BarmanException {
        boolean usable = !name.isEmpty()
                && !name.startsWith(".")
                && name.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES
                && !hasControls(name);
        if (!usable) {
            throw new BarmanException("Unsupported filename '" + name.replaceAll("\\p{Cntrl}", "?") + "'" + inPutWal());
        }
        if (files.containsKey(name)) {
            throw new BarmanException("File '" + name + "' occurs twice" + inPutWal());
        }
    }

    // No stream: the first one in a virtual machine takes tens of milliseconds.
    private static boolean hasControls(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < ' ' || c == 0x7F) {
                return true;
            }
        }
        return false;
    }

    private static String typeText(char type) {
        return type > ' ' && type < 0x7F ? String.valueOf(type) : String.format("\\x%02x", (int) type);
    }

    private void readSums(TarReader tar, Member member, String name) throws IOException, BarmanException {
        if (member.sizeBytes() > MAX_SUMS_BYTES) {
            throw new BarmanException("File '" + name + "' is too large" + inPutWal());
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        byte[] buffer = new byte[8 << 10];
        for (int length = tar.read(buffer); length >= 0; length = tar.read(buffer)) {
            content.write(buffer, 0, length);
        }
        BufferedReader lines = new BufferedReader(
                new InputStreamReader(new ByteArrayInputStream(content.toByteArray()), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int separator = separator(line);
            if (separator < 0) {
                messages.warning("Bad checksum line '" + line + "' found" + inPutWal());
            } else {
                String file = line.substring(separator + 2);
                sums.put(file.startsWith("./") ? file.substring(2) : file, line.substring(0, separator));
            }
        }
    }

    /** Where {@code " *"} or two blanks part checksum and name; -1 when there is nothing on one of the sides. */
    private static int separator(String line) {
        int blank = line.indexOf(' ');
        boolean good = blank > 0
                && line.length() > blank + 2
                && (line.charAt(blank + 1) == '*' || line.charAt(blank + 1) == ' ');
        return good ? blank : -1;
    }

    private Received store(TarReader tar, Member member, String name) throws IOException {
        Path temporary = createTemporary(name);
        // Registered first, so that it is removed whatever happens.
        files.put(name, new Received(temporary, ""));
        try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            byte[] buffer = digest.buffer();
            for (int length = tar.read(buffer); length >= 0; length = tar.read(buffer)) {
                digest.add(length);
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, length);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                buffer = digest.buffer();
            }
            Files.setLastModifiedTime(temporary, FileTime.from(member.modified()));
            out.force(true);
        }
        return new Received(temporary, HexFormat.of().formatHex(digest.finish()));
    }

    /** Barman's name; one that exists was left by a killed process, or belongs to one in another container. */
    private Path createTemporary(String name) throws IOException {
        String prefix = PutWalLeftovers.prefix(OwnProcess.pid());
        try {
            return Files.createFile(incoming.resolve(prefix + name));
        } catch (FileAlreadyExistsException e) {
            return Files.createFile(incoming.resolve(prefix + Long.toHexString(System.nanoTime()) + "-" + name));
        }
    }

    /** Compares all checksums, and returns those of the files by name. */
    private Map<String, String> verify() throws IOException, BarmanException {
        Map<String, String> checksums = new HashMap<>();
        for (Map.Entry<String, Received> entry : files.entrySet()) {
            String name = entry.getKey();
            String expected = sums.get(name);
            if (expected == null) {
                throw new BarmanException("Missing checksum for file '" + name + "'" + inPutWal());
            }
            String actual =
                    md5 ? md5Of(entry.getValue().temporary()) : entry.getValue().sha256();
            if (!actual.equals(expected.toLowerCase(Locale.ROOT))) {
                throw new BarmanException("Bad file checksum '" + actual + "' (should be " + expected + ") for file '"
                        + name + "'" + inPutWal());
            }
            checksums.put(name, actual);
        }
        for (String name : sums.keySet()) {
            if (!files.containsKey(name)) {
                throw new BarmanException("Checksum without corresponding file '" + name + "'" + inPutWal());
            }
        }
        return checksums;
    }

    private boolean publish(Map<String, String> checksums) throws IOException, BarmanException {
        boolean accepted = true;
        for (Map.Entry<String, Received> entry : files.entrySet()) {
            String name = entry.getKey();
            String checksum = checksums.getOrDefault(name, "");
            Path temporary = entry.getValue().temporary();
            Path target = incoming.resolve(name);
            if (place(temporary, target) || isSame(temporary, target)) {
                logger.info("Received file '{}' with checksum '{}'{}", name, checksum, byPutWal());
            } else {
                accepted = false;
                keepAside(temporary, target, name, checksum);
            }
        }
        Fsync.directory(incoming);
        return accepted;
    }

    /** Gives a file its name unless there is one: two senders may deliver the same WAL at the same moment. */
    private static boolean place(Path temporary, Path target) throws IOException {
        try {
            Files.createLink(target, temporary);
            Files.delete(temporary);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (FileSystemException | UnsupportedOperationException e) {
            if (Files.exists(target)) {
                return false;
            }
            // A file system without hard links: the name is free, as far as can be told.
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            return true;
        }
    }

    /** Whether the waiting file has the same content; it is then made durable, since its own sender may have died before that. */
    private boolean isSame(Path temporary, Path target) throws IOException, BarmanException {
        try {
            if (!comparator().sameContent(temporary, target)) {
                return false;
            }
            Fsync.file(target);
            return true;
        } catch (NoSuchFileException archivedMeanwhile) {
            return place(temporary, target) || isSame(temporary, target);
        }
    }

    private ContentComparator comparator() throws BarmanException {
        return ContentComparator.of(server.archiving().compression().orElse(null));
    }

    private void keepAside(Path temporary, Path target, String name, String checksum)
            throws IOException, BarmanException {
        String present = md5 ? md5Of(target) : sha256Of(target);
        messages.info("\tError: Duplicate Files Detected with Mismatched Checksums. File " + name
                + " already exists on server " + server.name() + " with checksum " + present
                + ", but the checksum of the incoming file is" + checksum
                + ". The file has been moved to the errors directory.");
        Path errors = server.directories().errors();
        Optional<Path> kept = alreadyKept(errors, name, temporary);
        if (kept.isPresent()) {
            logger.warn("'{}'{} is kept as {} already", name, byPutWal(), kept.get());
            return;
        }
        Path keptAs = new ErrorsDirectory(errors, clock).keep(temporary, name, Quarantine.Reason.DUPLICATE);
        logger.warn(
                "'{}'{} differs from the file that waits in {}; it is kept as {}", name, byPutWal(), incoming, keptAs);
    }

    /** The sender comes again and again: one copy is enough, and many would fill the disk. */
    private Optional<Path> alreadyKept(Path errors, String name, Path file) throws IOException, BarmanException {
        if (!Files.isDirectory(errors)) {
            return Optional.empty();
        }
        ContentComparator comparator = comparator();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(errors, entry -> {
            String candidate = String.valueOf(entry.getFileName());
            return candidate.startsWith(name + ".") && candidate.endsWith("." + Quarantine.Reason.DUPLICATE.suffix());
        })) {
            for (Path entry : entries) {
                if (Files.isRegularFile(entry) && comparator.sameContent(file, entry)) {
                    Fsync.file(entry);
                    Fsync.directory(errors);
                    return Optional.of(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return Optional.empty();
    }

    private void removeTemporaries() {
        for (Received received : files.values()) {
            try {
                Files.deleteIfExists(received.temporary());
            } catch (IOException e) {
                logger.warn("Cannot remove {}: {}", received.temporary(), e.getMessage());
            }
        }
    }

    private static String md5Of(Path file) throws IOException {
        return digestOf(file, "MD5");
    }

    private static String sha256Of(Path file) throws IOException {
        return digestOf(file, "SHA-256");
    }

    private static String digestOf(Path file, String algorithm) throws IOException {
        MessageDigest digest = digest(algorithm);
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                digest.update(buffer, 0, length);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }

    private String inPutWal() {
        return " in put-wal for server '" + server.name() + "'" + origin;
    }

    private String byPutWal() {
        return " by put-wal for server '" + server.name() + "'" + origin;
    }
}
