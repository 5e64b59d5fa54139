// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectInfo;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An archive of a base backup: one part of the data directory or of a tablespace, each a complete tar file named
 * {@code NAME[_NNNN].tar[SUFFIX]}. Immutable.
 *
 * @param name {@code data}, or the object id of a tablespace
 * @param part 0 for the first part, whose name has no number, then 1 and so on
 * @param compression how it is compressed, null for not at all
 * @param object the object
 */
record BackupArchive(String name, int part, @Nullable CompressionAlgorithm compression, ObjectInfo object) {
    /** The name of the archives of the data directory. */
    static final String DATA = "data";

    private static final String TAR = ".tar";
    private static final int MAX_DIGITS = 9;

    /** The archives among the objects of a backup, by name and part. */
    static List<BackupArchive> of(CloudBackup backup) {
        List<BackupArchive> archives = new ArrayList<>();
        for (ObjectInfo object : backup.objects()) {
            of(backup, object).ifPresent(archives::add);
        }
        archives.sort(Comparator.comparing(BackupArchive::name).thenComparing(BackupArchive::part));
        return archives;
    }

    private static Optional<BackupArchive> of(CloudBackup backup, ObjectInfo object) {
        String key = object.key().value();
        String directory = '/' + backup.info().id().value() + '/';
        String last = object.key().name();
        return key.endsWith(directory + last) ? parse(last, object) : Optional.empty();
    }

    /** Understands the last segment of a key. */
    static Optional<BackupArchive> parse(String fileName, ObjectInfo object) {
        int tar = fileName.indexOf(TAR);
        if (tar < 1) {
            return Optional.empty();
        }
        String stem = fileName.substring(0, tar);
        int underscore = stem.indexOf('_');
        String name = underscore < 0 ? stem : stem.substring(0, underscore);
        String number = underscore < 0 ? "0" : stem.substring(underscore + 1);
        boolean numbered = underscore < 0
                || (number.length() >= 4 && number.length() <= MAX_DIGITS && isNumber(number) && !isZero(number));
        if (!numbered || !(name.equals(DATA) || isNumber(name))) {
            return Optional.empty();
        }
        String suffix = fileName.substring(tar + TAR.length());
        CompressionAlgorithm compression = switch (suffix) {
            case ".gz" -> CompressionAlgorithm.GZIP;
            case ".bz2" -> CompressionAlgorithm.BZIP2;
            case ".snappy" -> CompressionAlgorithm.SNAPPY;
            default -> null;
        };
        if (compression == null && !suffix.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new BackupArchive(name, Integer.parseInt(number), compression, object));
    }

    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static boolean isZero(String number) {
        return number.chars().allMatch(c -> c == '0');
    }
}
