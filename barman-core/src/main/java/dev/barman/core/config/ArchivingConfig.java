// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.MagicBytes;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How WAL reaches the archive and how it is stored there.
 *
 * @param fileArchiver whether WAL arrives as files; true as well when no archiver is configured
 * @param streamingArchiver whether WAL is streamed
 * @param archiverBatchSize most files per run of the file archiver; unlimited when 0 or negative
 * @param streamingArchiverBatchSize the same for the streaming archiver
 * @param streamingArchiverName the application name of the WAL receiver
 * @param slotName the replication slot
 * @param createSlotAuto whether {@code receive-wal} creates the slot
 * @param maxIncomingWalsQueue when more files wait, {@code check} fails; null for no limit
 * @param compressionName the value of {@code compression}; null for none
 * @param compressionLevel {@code low}, {@code medium}, {@code high} or an integer
 * @param customCompressionFilter the shell command that compresses, for {@code custom}
 * @param customDecompressionFilter the shell command that decompresses, for {@code custom}
 * @param customCompressionMagic hexadecimal digits of the first bytes of a custom compressed file
 * @param encryption {@code gpg} or null
 * @param encryptionKeyId the recipient's key
 * @param encryptionPassphraseCommand the shell command that prints the passphrase for decryption
 */
public record ArchivingConfig(
        boolean fileArchiver,
        boolean streamingArchiver,
        int archiverBatchSize,
        int streamingArchiverBatchSize,
        String streamingArchiverName,
        @Nullable String slotName,
        boolean createSlotAuto,
        @Nullable Integer maxIncomingWalsQueue,
        @Nullable String compressionName,
        String compressionLevel,
        @Nullable String customCompressionFilter,
        @Nullable String customDecompressionFilter,
        @Nullable String customCompressionMagic,
        @Nullable String encryption,
        @Nullable String encryptionKeyId,
        @Nullable String encryptionPassphraseCommand) {
    /** The compressions that the layout of WAL files in buckets has a suffix for. */
    static final List<String> BUCKET_COMPRESSIONS = List.of("gzip", "bzip2", "xz", "zstd", "lz4", "snappy");

    static boolean fitsBuckets(String compressionName) {
        return BUCKET_COMPRESSIONS.contains(compressionName);
    }

    /**
     * Returns the compression of WALs that are archived in a bucket; empty for none, and for one that is refused there: what the bucket holds
     * can still be read.
     */
    public Optional<CompressionSettings> bucketCompression() throws ConfigException {
        return compressionName == null || !fitsBuckets(compressionName) ? Optional.empty() : compression();
    }

    /**
     * Returns the compression of archived WALs; empty for none.
     *
     * @throws ConfigException when a custom compression lacks one of its filters
     */
    public Optional<CompressionSettings> compression() throws ConfigException {
        if (compressionName == null) {
            return Optional.empty();
        }
        CompressionAlgorithm algorithm = CompressionAlgorithm.fromId(compressionName)
                .orElseThrow(() -> new IllegalStateException("no compression " + compressionName));
        if (algorithm == CompressionAlgorithm.CUSTOM) {
            if (customCompressionFilter == null) {
                throw new ConfigException(ConfigException.Style.EXCEPTION, "custom_compression_filter");
            }
            if (customDecompressionFilter == null) {
                throw new ConfigException(ConfigException.Style.EXCEPTION, "custom_decompression_filter");
            }
        }
        MagicBytes magic = customCompressionMagic == null || customCompressionMagic.isEmpty()
                ? null
                : MagicBytes.parse("0x" + customCompressionMagic);
        return Optional.of(new CompressionSettings(
                algorithm,
                CompressionLevel.parse(compressionLevel),
                customCompressionFilter,
                customDecompressionFilter,
                magic));
    }
}
