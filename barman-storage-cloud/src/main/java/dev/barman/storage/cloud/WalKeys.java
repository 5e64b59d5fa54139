// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud;

import dev.barman.object.ObjectKey;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the WAL files of one server are in a bucket: {@code PATH/SERVER/wals/HASHDIR/NAME[SUFFIX]}, history files without the
 * hash directory. The layout is that of the original cloud commands. Immutable.
 */
public final class WalKeys {
    /** The algorithms that the layout knows, in the order in which a restore prefers them. */
    private static final List<CompressionAlgorithm> ALGORITHMS = List.of(
            CompressionAlgorithm.GZIP,
            CompressionAlgorithm.BZIP2,
            CompressionAlgorithm.XZ,
            CompressionAlgorithm.SNAPPY,
            CompressionAlgorithm.ZSTD,
            CompressionAlgorithm.LZ4);

    private static final List<Form> FORMS = formsInOrder();

    private final CloudLocation location;
    private final String server;

    /**
     * @param location bucket and path
     * @param server name of the server, one segment of a key
     * @throws IllegalArgumentException when the name cannot be a segment of a key
     */
    public WalKeys(CloudLocation location, String server) {
        if (server.indexOf('/') >= 0) {
            throw new IllegalArgumentException("a server name with a slash: '" + server + "'");
        }
        this.location = location;
        this.server = server;
        // Fails for a name that no key can have.
        location.key(server);
    }

    private static List<Form> formsInOrder() {
        List<Form> forms = new ArrayList<>();
        forms.add(new Form(null));
        for (CompressionAlgorithm algorithm : ALGORITHMS) {
            forms.add(new Form(algorithm));
        }
        return List.copyOf(forms);
    }

    /**
     * @param compression an algorithm, null for none
     * @return whether the layout knows objects compressed with it
     */
    public static boolean knows(@Nullable CompressionAlgorithm compression) {
        return compression == null || ALGORITHMS.contains(compression);
    }

    /** {@return all forms that a WAL file may have, in the order in which a restore prefers them} */
    public static List<Form> forms() {
        return FORMS;
    }

    /** {@return the beginning of the keys of all WAL files of the server} */
    public String prefix() {
        return location.key(server + "/wals").value() + '/';
    }

    /** {@return the beginning of the keys of what the cloud commands keep of base backups of a server of this name} */
    public String backupsPrefix() {
        return location.key(server + "/base").value() + '/';
    }

    /** {@return where all WAL files of the server are, for a message} */
    public String url() {
        return location.url(location.key(server + "/wals"));
    }

    /**
     * @param name the WAL file
     * @param compression how the object is compressed, null for not at all
     * @return its key
     * @throws IllegalArgumentException for an algorithm that the layout does not know
     */
    public ObjectKey key(WalFileName name, @Nullable CompressionAlgorithm compression) {
        return location.key(server + "/wals/" + name.archivePath() + suffix(compression));
    }

    /**
     * @param compression an algorithm, null for none
     * @return the end of the keys of objects compressed with it, empty for none
     * @throws IllegalArgumentException for an algorithm that the layout does not know
     */
    public static String suffix(@Nullable CompressionAlgorithm compression) {
        if (compression == null) {
            return "";
        }
        return switch (compression) {
            case GZIP -> ".gz";
            case BZIP2 -> ".bz2";
            case XZ -> ".xz";
            case SNAPPY -> ".snappy";
            case ZSTD -> ".zst";
            case LZ4 -> ".lz4";
            default -> throw new IllegalArgumentException("no suffix for objects compressed with " + compression.id());
        };
    }

    /**
     * The keys that an object with one WAL file may have, in the order in which a restore prefers them.
     *
     * @param name the WAL file
     * @return the forms with their keys, the uncompressed one first
     */
    public Map<Form, ObjectKey> keys(WalFileName name) {
        Map<Form, ObjectKey> keys = new LinkedHashMap<>();
        keys.put(new Form(null), key(name, null));
        for (CompressionAlgorithm algorithm : ALGORITHMS) {
            keys.put(new Form(algorithm), key(name, algorithm));
        }
        return keys;
    }

    /**
     * @param key a key
     * @return where the object is, for a message
     */
    public String url(ObjectKey key) {
        return location.url(key);
    }

    /**
     * Recognises an object as a form of one WAL file.
     *
     * @param name the WAL file
     * @param key an object's key
     * @return empty when the object is something else; otherwise how it is compressed
     */
    public Optional<Form> formOf(WalFileName name, ObjectKey key) {
        String plain = key(name, null).value();
        if (!key.value().startsWith(plain)) {
            return Optional.empty();
        }
        String rest = key.value().substring(plain.length());
        if (rest.isEmpty()) {
            return Optional.of(new Form(null));
        }
        for (CompressionAlgorithm algorithm : ALGORITHMS) {
            if (rest.equals(suffix(algorithm))) {
                return Optional.of(new Form(algorithm));
            }
        }
        return Optional.empty();
    }

    /**
     * Recognises an object as some WAL file of the server.
     *
     * @param key an object's key
     * @return empty when the object is something else; otherwise the file, whose form {@link #formOf} tells
     */
    public Optional<WalFileName> nameOf(ObjectKey key) {
        String last = key.name();
        for (int end = last.length(); end > 0; end = last.lastIndexOf('.', end - 1)) {
            Optional<WalFileName> name = WalFileName.tryParse(last.substring(0, end));
            if (name.isPresent()) {
                return formOf(name.get(), key).isPresent() ? name : Optional.empty();
            }
        }
        return Optional.empty();
    }

    /**
     * How an object holds a WAL file. Immutable.
     *
     * @param compression the algorithm, null for none
     */
    public record Form(@Nullable CompressionAlgorithm compression) {
        // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Form that && compression == that.compression;
        }

        @Override
        public int hashCode() {
            return compression == null ? 0 : compression.hashCode();
        }
    }
}
