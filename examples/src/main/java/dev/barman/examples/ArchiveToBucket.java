// SPDX-License-Identifier: Apache-2.0
package dev.barman.examples;

import dev.barman.object.RetryPolicy;
import dev.barman.object.RetryingObjectStore;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.storage.cloud.archive.CloudArchiveResult;
import dev.barman.storage.cloud.archive.CloudWalArchiver;
import dev.barman.storage.cloud.s3.S3ObjectStore;
import dev.barman.storage.cloud.s3.S3Settings;
import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.ArchiveResult;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * An archiver of one's own: stores the WAL file that PostgreSQL asks for, and up to seven ready ones behind it, in a bucket of S3,
 * compressed with zstd, and prints a line for each file when it is in the bucket and in the index.
 *
 * <pre>java -cp ... dev.barman.examples.ArchiveToBucket s3://bucket/path main /var/lib/my-archiver pg_wal/000000010000000000000001</pre>
 *
 * <p>When it ends with 0, PostgreSQL may remove the file. Credentials come from where the AWS tools take them.
 */
public final class ArchiveToBucket {
    private static final int PARALLEL = 8;

    private ArchiveToBucket() {}

    /** Prints how every file fared; a program that wants to keep a file back throws an exception in {@code before}. */
    private static final class Printer implements ArchiveListener {
        private final PrintStream out;

        Printer(PrintStream out) {
            this.out = out;
        }

        @Override
        public void before(WalToStore wal) {}

        @Override
        public void after(WalToStore wal, ArchiveResult result) {
            out.printf("%s: %s%n", wal.name(), result.getClass().getSimpleName());
        }
    }

    /**
     * Archives and exits with 0 when the file is archived, otherwise with 1.
     *
     * @param args URL of the bucket and path, name of the server, state directory, path of the WAL file
     * @throws IOException when the file cannot be read, or the store not be reached
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 4) {
            System.err.println("usage: ArchiveToBucket URL SERVER STATE_DIRECTORY WAL_FILE");
            System.exit(2);
        }
        CloudLocation location = CloudLocation.parse(args[0], CloudProvider.AWS_S3);
        CloudWalArchiver.StoreOpener bucket = () ->
                new RetryingObjectStore(S3ObjectStore.open(location.bucket(), S3Settings.DEFAULT), RetryPolicy.DEFAULT);
        boolean success = archive(bucket, location, args[1], Path.of(args[2]), Path.of(args[3]), System.out);
        System.exit(success ? 0 : 1);
    }

    static boolean archive(
            CloudWalArchiver.StoreOpener bucket,
            CloudLocation location,
            String server,
            Path state,
            Path file,
            PrintStream out)
            throws IOException {
        try (CloudWalArchiver archiver = CloudWalArchiver.builder(bucket, new WalKeys(location, server))
                .compression(CompressionSettings.of(CompressionAlgorithm.ZSTD))
                .state(new StateDirectory(state), server, location + " " + server)
                .listener(new Printer(out))
                .build()) {
            CloudArchiveResult result = archiver.archive(file, PARALLEL);
            return result.success();
        }
    }
}
