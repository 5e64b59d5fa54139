// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.List;

/** A bucket in memory, with the backups of server {@code main} below {@code p}, and the commands run against it. */
final class CloudBucket {
    static final String URL = "s3://bucket/p";

    final MemoryObjectStore memory;
    ObjectStore store;
    String out = "";
    String err = "";

    CloudBucket() {
        this(Clock.systemUTC());
    }

    /**
     * @param clock tells when objects are written
     */
    CloudBucket(Clock clock) {
        memory = new MemoryObjectStore(clock);
        store = memory;
    }

    /** A command's method of the same name. */
    interface Command {
        int run(String[] args, PrintStream out, PrintStream err, CloudCommand.StoreOpener stores);
    }

    int run(Command command, String... args) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int code = command.run(
                args, new PrintStream(outBytes, true), new PrintStream(errBytes, true), (arguments, location) -> store);
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    void put(String key, String content) {
        put(key, content.getBytes(StandardCharsets.UTF_8));
    }

    void put(String key, byte[] content) {
        try {
            memory.put(ObjectKey.of(key), ObjectContent.of(content), PutOptions.OVERWRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String text(String key) throws IOException {
        return new String(memory.open(ObjectKey.of(key)).readAllBytes(), StandardCharsets.UTF_8);
    }

    List<String> keys() {
        return keys("");
    }

    List<String> keys(String prefix) {
        try {
            return memory.listAll(prefix).stream().map(o -> o.key().value()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A backup of a day of November 2026, which needs two segments of a timeline from {@code begin} on. */
    static BackupInfo.Builder backup(int day, int timeline, long begin) {
        OffsetDateTime time = OffsetDateTime.parse(String.format("2026-11-%02dT10:00:00.250000+00:00", day));
        return BackupInfo.builder(BackupId.of(String.format("202611%02dT100000", day)))
                .serverName("cloud")
                .status(BackupStatus.DONE)
                .systemid("7710312078042739839")
                .pgdata("/pg")
                .version(150018)
                .timeline(TimelineId.of(timeline))
                .xlogSegmentSize(WalSegmentSize.DEFAULT)
                .beginTime(time)
                .endTime(time.plusMinutes(5))
                .beginWal(WalSegmentName.parse(wal(timeline, begin)))
                .beginXlog(Lsn.of(begin * WalSegmentSize.DEFAULT.bytes() + 40))
                .beginOffset(40L)
                .endWal(WalSegmentName.parse(wal(timeline, begin + 1)))
                .endXlog(Lsn.of((begin + 1) * WalSegmentSize.DEFAULT.bytes() + 256))
                .endOffset(256L);
    }

    static String wal(int timeline, long segment) {
        return String.format("%08X%08X%08X", timeline, segment / 256, segment % 256);
    }

    /** Stores the metadata and an archive. */
    String add(BackupInfo info) {
        put("p/main/base/" + info.id() + "/data.tar", "archive");
        put("p/main/base/" + info.id() + "/backup.info", BackupInfoFormat.format(info));
        return info.id().value();
    }

    void addWal(int timeline, long segment, String suffix) {
        String name = wal(timeline, segment);
        put("p/main/wals/" + name.substring(0, 16) + "/" + name + suffix, name);
    }
}
