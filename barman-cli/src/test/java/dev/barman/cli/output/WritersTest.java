// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class WritersTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PrintStream stdout = new PrintStream(out, false, StandardCharsets.UTF_8);
    private final PrintStream stderr = new PrintStream(err, false, StandardCharsets.UTF_8);

    private String out() {
        stdout.flush();
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        stderr.flush();
        return err.toString(StandardCharsets.UTF_8);
    }

    private static void sayEverything(OutputWriter writer) {
        writer.debug("d");
        writer.info("i");
        writer.warning("w");
        writer.error("e");
        writer.exception("x");
    }

    @Test
    void consolePrefixesEachLevelAndKeepsInformationApart() {
        ConsoleWriter writer = new ConsoleWriter(stdout, stderr, false, true, false);
        sayEverything(writer);
        assertThat(out()).isEqualTo("i\n");
        assertThat(err()).isEqualTo("DEBUG: d\nWARNING: w\nERROR: e\nEXCEPTION: x\nSee log file for more details.\n");
        assertThat(writer.failed()).isTrue();
    }

    @Test
    void quietSilencesInformationOnly() {
        ConsoleWriter writer = new ConsoleWriter(stdout, stderr, true, false, false);
        sayEverything(writer);
        writer.print("result");
        assertThat(out()).isEmpty();
        assertThat(err()).isEqualTo("WARNING: w\nERROR: e\nEXCEPTION: x\nSee log file for more details.\n");
    }

    @Test
    void colorWrapsTheWholeTextButNotTheNewline() {
        ConsoleWriter writer = new ConsoleWriter(stdout, stderr, false, false, true);
        writer.warning("w");
        writer.error("e\nmore");
        assertThat(err()).isEqualTo("\u001b[33mWARNING: w\u001b[0m\n\u001b[31mERROR: e\nmore\u001b[0m\n");
        assertThat(writer.green("OK")).isEqualTo("\u001b[32mOK\u001b[0m");
    }

    @Test
    void warningsAreNoFailure() {
        ConsoleWriter writer = new ConsoleWriter(stdout, stderr, false, false, false);
        writer.warning("w");
        assertThat(writer.failed()).isFalse();
    }

    @Test
    void passwordsAreHiddenOnTheConsoleAndNotInJson() {
        ConsoleWriter console = new ConsoleWriter(stdout, stderr, false, false, false);
        console.print("\tconninfo: host=pg password=geheim dbname=x");
        console.error("cannot use postgresql://u:geheim@pg/x");
        assertThat(out()).isEqualTo("\tconninfo: host=pg password=*REDACTED* dbname=x\n");
        assertThat(err()).isEqualTo("ERROR: cannot use postgresql://u:*REDACTED*@pg/x\n");
        ByteArrayOutputStream document = new ByteArrayOutputStream();
        JsonWriter json = new JsonWriter(new PrintStream(document, false, StandardCharsets.UTF_8), false, false);
        json.info("password=geheim");
        json.close();
        assertThat(document.toString(StandardCharsets.UTF_8)).isEqualTo("{\"_INFO\": [\"password=geheim\"]}");
    }

    @Test
    void jsonCollectsMessagesByLevelWithoutAFinalNewline() {
        JsonWriter writer = new JsonWriter(stdout, false, true);
        sayEverything(writer);
        writer.print("console text");
        writer.document().object("srv").put("b", 1).put("a", "ä\"/\n");
        writer.close();
        assertThat(out())
                .isEqualTo("{\"_DEBUG\": [\"d\"], \"_ERROR\": [\"e\"], \"_EXCEPTION\": [\"x\\nSee log file for more"
                        + " details.\"], \"_INFO\": [\"i\"], \"_WARNING\": [\"w\"], \"srv\": {\"a\": \"\\u00e4\\\"/\\n\","
                        + " \"b\": 1}}");
        assertThat(err()).isEmpty();
    }

    @Test
    void jsonWithoutOutputIsAnEmptyObjectAndQuietNothingAtAll() {
        new JsonWriter(stdout, false, false).close();
        assertThat(out()).isEqualTo("{}");
        JsonWriter quiet = new JsonWriter(stdout, true, false);
        quiet.error("e");
        quiet.close();
        assertThat(out()).isEqualTo("{}");
        assertThat(quiet.failed()).isTrue();
    }

    @Test
    void documentIsWrittenOnce() {
        JsonWriter writer = new JsonWriter(stdout, false, false);
        writer.close();
        writer.close();
        assertThat(out()).isEqualTo("{}");
    }

    @Test
    void valuesHaveThePythonForm() {
        JsonObject object = new JsonObject()
                .put("real", 5.0)
                .put("small", 0.00001)
                .put("flag", true)
                .putNull("none")
                .put("list", List.of("b", "a"))
                .put("nested", new JsonArray().add(new JsonObject()).add(new JsonArray().add(1)));
        assertThat(object.toString())
                .isEqualTo("{\"flag\": true, \"list\": [\"b\", \"a\"], \"nested\": [{}, [1]], \"none\": null,"
                        + " \"real\": 5.0, \"small\": 1e-05}");
    }

    @Test
    void charactersOutsideAsciiAreEscapedAsUtf16() {
        assertThat(new JsonObject().put("k", "\ud83d\ude00\u007f\u0001").toString())
                .isEqualTo("{\"k\": \"\\ud83d\\ude00\\u007f\\u0001\"}");
    }

    @Test
    void nagiosWriterSaysNothingButItsLines() {
        NagiosWriter writer = new NagiosWriter(stdout);
        sayEverything(writer);
        writer.print("BARMAN OK");
        assertThat(out()).isEqualTo("BARMAN OK\n");
        assertThat(err()).isEmpty();
        assertThat(writer.failed()).isTrue();
    }
}
