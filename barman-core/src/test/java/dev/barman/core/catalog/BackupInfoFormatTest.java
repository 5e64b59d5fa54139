// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.IOException;
import java.io.InputStream;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The resources are metadata files written by Barman 3.17. */
class BackupInfoFormatTest {
    private static final BackupId ID = BackupId.of("20261120T125201");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "20261120T125158",
                "20261120T125201",
                "20261120T125208",
                "20261120T125209",
                "20261120T125215",
                "20261120T125221",
                "20261120T125223",
                "20261120T125234",
                "20261120T125321",
                "20261120T125335",
                "20261120T125337",
                "20261120T125404",
                "20261120T125411",
            })
    void filesOfBarmanAreWrittenBackByteForByte(String id) throws Exception {
        String content = resource(id + "-backup.info");

        assertThat(BackupInfoFormat.format(parse(content))).isEqualTo(content);
    }

    @Test
    void fieldsAreTyped() throws Exception {
        BackupInfo info = parse(resource("20261120T125201-backup.info"));

        assertThat(info.id()).isEqualTo(ID);
        assertThat(info.backupName()).isEqualTo("monthly");
        assertThat(info.backupLabel())
                .startsWith("START WAL LOCATION: 0/4000028 (")
                .endsWith("START TIMELINE: 1\n");
        assertThat(info.beginOffset()).isEqualTo(40);
        assertThat(info.beginTime()).isEqualTo(OffsetDateTime.parse("2026-11-20T12:52:01.557642Z"));
        assertThat(info.beginWal()).isEqualTo(WalSegmentName.parse("000000010000000000000004"));
        assertThat(info.beginXlog()).isEqualTo(Lsn.parse("0/4000028"));
        assertThat(info.childrenBackupIds()).isEmpty();
        assertThat(info.clusterSize()).isEqualTo(39_196_389);
        assertThat(info.copyStats()).isNotNull();
        assertThat(info.copyStats().numberAt("copy_time")).hasValue(1.314056);
        assertThat(info.status()).isEqualTo(BackupStatus.DONE);
        assertThat(info.tablespaces()).containsExactly(new Tablespace("tbs", 16408, "/var/lib/postgresql/15/tbs_data"));
        assertThat(info.timeline()).isEqualTo(TimelineId.of(1));
        assertThat(info.version()).isEqualTo(150018);
        assertThat(info.majorVersion()).isEqualTo("15");
        assertThat(info.xlogSegmentSize()).isEqualTo(WalSegmentSize.DEFAULT);
        assertThat(info.type()).isEqualTo(BackupType.RSYNC);
        assertThat(info.isFull()).isTrue();
        assertThat(info.unknownFields()).isEmpty();
    }

    @Test
    void newRecordHasAllLinesButTheTwoThatAreHidden() {
        BackupInfo info =
                BackupInfo.builder(ID).serverName("main").mode("postgres").build();

        assertThat(BackupInfoFormat.fields(info))
                .hasSize(33)
                .doesNotContainKeys("backup_name", "snapshots_info")
                .containsEntry("status", "EMPTY")
                .containsEntry("xlog_segment_size", "16777216")
                .containsEntry("tablespaces", "None")
                .containsEntry("mode", "postgres");
    }

    @Test
    void everyFieldSurvives() throws Exception {
        String content = """
                backup_label='START\\n'
                backup_name=nightly = first
                begin_offset=40
                begin_time=2026-11-20 12:52:01+05:30
                begin_wal=000000010000000000000004
                begin_xlog=0/4000028
                children_backup_ids=20261120T130000,20261120T140000
                cluster_size=1
                compression=gzip
                config_file=/etc/p\u00f6stgresql.conf
                copy_stats={'copy_time': 0.293393, 'nested': {'a': [1, (2,), None, True]}}
                data_checksums=on
                deduplicated_size=2
                encryption=gpg
                end_offset=0
                end_time=2026-11-20 12:52:04.394082-03:00
                end_wal=000000010000000000000005
                end_xlog=0/5000000
                error=failure copying files (x)
                gp_dbid=7
                gp_segments={'of': "a newer release"}
                hba_file=/hba
                ident_file=/ident
                included_files=['/a', "/it's"]
                mode=postgres
                parent_backup_id=20261119T120000
                pgdata=/data
                server_name=main
                size=3
                snapshots_info={'provider': 'aws', 'provider_info': {'account_id': '0123456789', 'region': 'eu-west-1'}, 'snapshots': []}
                status=WAITING_FOR_WALS
                summarize_wal=off
                systemid=7710235402142634129
                tablespaces=[('t1', 16408, '/t1'), ("it's", 4294967295, '/t2')]
                timeline=4294967295
                version=90603
                xlog_segment_size=1048576
                """;

        BackupInfo info = parse(content);

        assertThat(BackupInfoFormat.format(info)).isEqualTo(content);
        assertThat(BackupInfoFormat.format(info.toBuilder().build())).isEqualTo(content);
        assertThat(info.unknownFields()).containsOnlyKeys("gp_dbid", "gp_segments");
        assertThat(info.majorVersion()).isEqualTo("9.6");
        assertThat(info.type()).isEqualTo(BackupType.INCREMENTAL);
    }

    @Test
    void missingModeAndServerAreThoseOfTheServer() throws Exception {
        BackupInfo info = BackupInfoFormat.parse("status=DONE\n".getBytes(UTF_8), ID, "x", "main", "rsync-concurrent");

        assertThat(info.serverName()).isEqualTo("main");
        assertThat(info.mode()).isEqualTo("rsync-concurrent");
    }

    @Test
    void blanksCommentsAndEmptyLinesAreIgnored() throws Exception {
        BackupInfo info = parse("# comment\n\n   \n  size =  12 \npgdata=\nerror=None\nstatus=DONE");

        assertThat(info.size()).isEqualTo(12);
        assertThat(info.pgdata()).isEmpty();
        assertThat(info.error()).isNull();
        assertThat(info.status()).isEqualTo(BackupStatus.DONE);
    }

    @Test
    void whatAPassiveNodeDamagedIsRepaired_hazardJsonRoundTrip() throws Exception {
        BackupInfo info = parse("children_backup_ids=2,0,2,6,0,1,0,3,T,1,0,0,0,0,0,,,2,0,2,6,0,1,0,4,T,1,0,0,0,0,0\n");

        assertThat(info.childrenBackupIds())
                .containsExactly(BackupId.of("20260103T100000"), BackupId.of("20260104T100000"));
        assertThat(parse(resource("passive-20261120T125158-backup.info")).backupLabel())
                .isEqualTo(parse(resource("20261120T125158-backup.info")).backupLabel());
    }

    @Test
    void singleChildIsNotTakenForDamage() throws Exception {
        assertThat(parse("children_backup_ids=20260103T100000\n").childrenBackupIds())
                .containsExactly(BackupId.of("20260103T100000"));
        assertThat(parse("children_backup_ids=None\n").childrenBackupIds()).isEmpty();
    }

    @Test
    void lineBreaksInTextsMakeNoLines() throws Exception {
        BackupInfo info =
                BackupInfo.builder(ID).error("first\nstatus=DONE\r\nthird").build();

        BackupInfo read = parse(BackupInfoFormat.format(info));

        assertThat(read.status()).isEqualTo(BackupStatus.EMPTY);
        assertThat(read.error()).isEqualTo("first status=DONE third");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "  # x|invalid line # x in file the file",
                "no equals sign|invalid line no equals sign in file the file",
                "size=12x|field 'size' in file the file",
                "begin_time=yesterday|field 'begin_time' in file the file",
                "status=RETRIEVING|field 'status' in file the file",
                "tablespaces=[('a', 1)]|field 'tablespaces' in file the file",
                "tablespaces=7|field 'tablespaces' in file the file",
                "included_files=[1]|field 'included_files' in file the file",
                "begin_wal=xyz|field 'begin_wal' in file the file",
                "end_xlog=12|field 'end_xlog' in file the file",
                "backup_label=START|field 'backup_label' in file the file",
                "xlog_segment_size=5|field 'xlog_segment_size' in file the file",
            })
    void damageIsNamed(String line, String message) {
        // CsvSource trims: put the leading blanks of the first case back
        String content = message.startsWith("invalid line #") ? "  # x" : line;

        assertThatThrownBy(() -> BackupInfoFormat.parse(content.getBytes(UTF_8), ID, "the file", "main", null))
                .isInstanceOf(BackupInfoFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void deduplicationRatioDependsOnTheType() {
        BackupInfo.Builder builder =
                BackupInfo.builder(ID).size(1000L).clusterSize(2000L).deduplicatedSize(500L);

        assertThat(builder.mode("rsync-concurrent").build().deduplicationRatio())
                .isEqualTo(0.5);
        assertThat(builder.mode("postgres").build().deduplicationRatio()).isEqualTo(0.75);
        assertThat(builder.clusterSize(null).build().deduplicationRatio()).isZero();
        assertThat(builder.clusterSize(0L).build().deduplicationRatio()).isZero();
    }

    @Test
    void recordsWithTheSameFieldsAreEqual() throws Exception {
        String content = resource("20261120T125201-backup.info");

        assertThat(parse(content)).isEqualTo(parse(content)).hasSameHashCodeAs(parse(content));
        assertThat(parse(content).toBuilder().size(1L).build()).isNotEqualTo(parse(content));
        assertThat(parse(content).toBuilder().childrenBackupIds(List.of(ID)).build())
                .isNotEqualTo(parse(content));
    }

    private static BackupInfo parse(String content) throws BackupInfoFormatException {
        return BackupInfoFormat.parse(content.getBytes(UTF_8), ID, "the file", "main", null);
    }

    static String resource(String name) throws IOException {
        try (InputStream in = BackupInfoFormatTest.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
