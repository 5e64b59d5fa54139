// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.config.ArchivingConfig;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.util.List;
import java.util.Optional;

/** Whether the compression of WAL files is usable as configured. */
final class CompressionCheck implements Check {
    @Override
    public String name() {
        return "compression settings";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        ArchivingConfig archiving = context.server().archiving();
        String compression = archiving.compressionName();
        if (compression == null) {
            return List.of(CheckResult.ok(name()));
        }
        Optional<CompressionAlgorithm> algorithm = CompressionAlgorithm.fromId(compression);
        if (algorithm.isEmpty()) {
            return List.of(CheckResult.failed(name(), "unknown compression '" + compression + "'"));
        }
        if (algorithm.get() == CompressionAlgorithm.CUSTOM && archiving.customCompressionFilter() == null) {
            return List.of(
                    CheckResult.failed(name(), "compression is 'custom', but custom_compression_filter is unset"));
        }
        if (algorithm.get() == CompressionAlgorithm.CUSTOM && archiving.customDecompressionFilter() == null) {
            return List.of(
                    CheckResult.failed(name(), "compression is 'custom', but custom_decompression_filter is unset"));
        }
        return List.of(CheckResult.ok(name()));
    }
}
