// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ServerSocketFactory;

/**
 * A server on a loopback port that answers, over PostgreSQL's protocol 3.0, what a backup asks, as a primary of PostgreSQL 15 would that archives
 * nothing. It knows no SQL: a question is recognised by some of its words. For the training of the class archive; it asks for no password.
 */
final class TrainingPostgres implements AutoCloseable {
    /** Codes that stand in the place of a protocol version. */
    private static final int SSL_REQUEST = 80877103;

    private static final int GSS_REQUEST = 80877104;
    private static final int PROTOCOL_3 = 3 << 16;

    private static final int TEXT = 25;
    private static final int TIMESTAMPTZ = 1184;

    private static final String LABEL = """
            START WAL LOCATION: 0/2000028 (file 000000010000000000000002)
            CHECKPOINT LOCATION: 0/2000060
            BACKUP METHOD: streamed
            BACKUP FROM: primary
            START TIME: 2026-01-01 00:00:00 UTC
            LABEL: training
            START TIMELINE: 1
            """;

    private final TrainingServer server;
    private final List<Answer> answers;

    /** The rows for questions that have some words in them, with so many columns of one type. */
    private record Answer(String words, int type, int columns, List<List<String>> rows) {
        static Answer row(String words, String... values) {
            return new Answer(words, TEXT, values.length, List.of(List.of(values)));
        }

        static Answer none(String words, int columns) {
            return new Answer(words, TEXT, columns, List.of());
        }
    }

    private TrainingPostgres(Path dataDirectory) throws IOException {
        String data = dataDirectory.toString();
        this.answers = List.of(
                Answer.row("server_version_num", "150001", "15.1", "PostgreSQL", "training"),
                Answer.row("SELECT pg_is_in_recovery()", "f"),
                Answer.row("pg_control_system()", "7710210665329484190"),
                Answer.row("pg_control_checkpoint()", "1"),
                Answer.row("SELECT usesuper", "t", "t", "t", "t"),
                Answer.row("'config_file', 'hba_file'", "config_file", data + "/postgresql.conf"),
                Answer.none("DISTINCT sourcefile", 1),
                Answer.row("current_setting(name) FROM pg_settings WHERE name = ", data),
                Answer.row("'wal_segment_size'", "16777216"),
                Answer.row("sum(pg_tablespace_size", "8192"),
                Answer.none("spcname", 3),
                new Answer("SELECT now()", TIMESTAMPTZ, 1, List.of(List.of("2026-01-01 00:00:00+00"))),
                Answer.row("AT TIME ZONE", "0"),
                Answer.row("log_timezone", "UTC"),
                Answer.row("set_config", "0"),
                Answer.row("pg_backup_start", "0/2000028"),
                Answer.row("to_regprocedure", "t"),
                Answer.row("pg_backup_stop", "0/2000100", LABEL),
                Answer.row("pg_ls_archive_statusdir()", "0"),
                Answer.row("pg_current_wal_insert_lsn", "0/2000100", "000000010000000000000002", "256"),
                Answer.row("pg_switch_wal()", "0/2000100"),
                Answer.row("pg_create_restore_point", "0/2000100"));
        this.server = TrainingServer.start("training-postgres", ServerSocketFactory.getDefault(), this::converse);
    }

    /**
     * @param dataDirectory what it says its data directory is
     */
    static TrainingPostgres start(Path dataDirectory) throws IOException {
        return new TrainingPostgres(dataDirectory);
    }

    int port() {
        return server.port();
    }

    private void converse(InputStream input, OutputStream output) throws IOException {
        DataInputStream in = new DataInputStream(input);
        DataOutputStream out = new DataOutputStream(output);
        if (greet(in, out)) {
            new Conversation(in, out).run();
        }
    }

    /** False when nobody wants to talk. */
    private static boolean greet(DataInputStream in, DataOutputStream out) throws IOException {
        int code = readStart(in);
        while (code == SSL_REQUEST || code == GSS_REQUEST) {
            out.writeByte('N');
            out.flush();
            code = readStart(in);
        }
        if (code != PROTOCOL_3) {
            return false;
        }
        send(out, 'R', new Body().int32(0));
        for (String[] parameter : new String[][] {
            {"server_version", "15.1"},
            {"server_encoding", "UTF8"},
            {"client_encoding", "UTF8"},
            {"DateStyle", "ISO, MDY"},
            {"TimeZone", "UTC"},
            {"integer_datetimes", "on"},
            {"standard_conforming_strings", "on"}
        }) {
            send(out, 'S', new Body().text(parameter[0]).text(parameter[1]));
        }
        send(out, 'K', new Body().int32(1).int32(1));
        send(out, 'Z', new Body().int8('I'));
        out.flush();
        return true;
    }

    private static int readStart(DataInputStream in) throws IOException {
        int length = in.readInt();
        int code = in.readInt();
        in.readNBytes(length - 2 * Integer.BYTES);
        return code;
    }

    private static void send(DataOutputStream out, char type, Body body) throws IOException {
        out.writeByte(type);
        out.writeInt(Integer.BYTES + body.bytes.size());
        body.bytes.writeTo(out);
    }

    /** The body of a message. */
    private static final class Body {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Body int8(int value) {
            bytes.write(value);
            return this;
        }

        Body int16(int value) {
            return int8(value >>> Byte.SIZE).int8(value);
        }

        Body int32(int value) {
            return int16(value >>> Short.SIZE).int16(value);
        }

        /** Ended by a zero. */
        Body text(String text) {
            bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
            return int8(0);
        }

        /** Behind its length. */
        Body value(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            int32(utf8.length);
            bytes.writeBytes(utf8);
            return this;
        }
    }

    /** What is said over a connection after the greeting. */
    private final class Conversation {
        private final DataInputStream in;
        private final DataOutputStream out;
        private final Map<String, String> statements = new HashMap<>();
        private String bound = "";

        Conversation(DataInputStream in, DataOutputStream out) {
            this.in = in;
            this.out = out;
        }

        void run() throws IOException {
            for (int type = in.read(); type >= 0 && type != 'X'; type = in.read()) {
                byte[] body = in.readNBytes(in.readInt() - Integer.BYTES);
                String first = text(body, 0);
                String second = text(body, first.getBytes(StandardCharsets.UTF_8).length + 1);
                switch (type) {
                    case 'P' -> {
                        statements.put(first, second);
                        send(out, '1', new Body());
                    }
                    case 'B' -> {
                        bound = statements.getOrDefault(second, "");
                        send(out, '2', new Body());
                    }
                    case 'D' -> describe(first);
                    case 'E' -> execute(bound);
                    case 'Q' -> {
                        if (answerTo(first).columns > 0) {
                            describe(first, false);
                        }
                        execute(first);
                        ready();
                    }
                    case 'C' -> send(out, '3', new Body());
                    case 'S' -> ready();
                    default -> out.flush();
                }
            }
        }

        private void ready() throws IOException {
            send(out, 'Z', new Body().int8('I'));
            out.flush();
        }

        /** A kind, {@code S} for a statement and {@code P} for the portal, and a name. */
        private void describe(String what) throws IOException {
            boolean statement = what.startsWith("S");
            describe(statement ? statements.getOrDefault(what.substring(1), "") : bound, statement);
        }

        private void describe(String question, boolean withParameters) throws IOException {
            if (withParameters) {
                int parameters = (int) question.chars().filter(c -> c == '$').count();
                Body types = new Body().int16(parameters);
                for (int i = 0; i < parameters; i++) {
                    types.int32(TEXT);
                }
                send(out, 't', types);
            }
            Answer answer = answerTo(question);
            if (answer.columns == 0) {
                send(out, 'n', new Body());
                return;
            }
            Body columns = new Body().int16(answer.columns);
            for (int i = 0; i < answer.columns; i++) {
                columns.text("c" + i)
                        .int32(0)
                        .int16(0)
                        .int32(answer.type)
                        .int16(-1)
                        .int32(-1)
                        .int16(0);
            }
            send(out, 'T', columns);
        }

        private void execute(String question) throws IOException {
            List<List<String>> rows = answerTo(question).rows;
            for (List<String> row : rows) {
                Body values = new Body().int16(row.size());
                row.forEach(values::value);
                send(out, 'D', values);
            }
            send(out, 'C', new Body().text("SELECT " + rows.size()));
        }

        private Answer answerTo(String question) {
            return answers.stream()
                    .filter(answer -> question.contains(answer.words))
                    .findFirst()
                    .orElseGet(() -> Answer.none("", 0));
        }
    }

    private static String text(byte[] bytes, int from) {
        int end = from;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return from >= end ? "" : new String(bytes, from, end - from, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
