// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.beust.jcommander.Parameter;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandLineBinderTest {
    /** The options of a command with one of each kind. */
    static final class Sample {
        @Parameter(
                names = {"--jobs", "-j"},
                converter = PositiveInt.class,
                placeholder = "NJOBS",
                description = "workers")
        Integer jobs;

        @Parameter(names = "--retry-times", converter = NonNegativeInt.class, description = "retries")
        Integer retryTimes;

        @Parameter(
                names = {"--wait", "-w"},
                description = "wait")
        boolean wait;

        @Parameter(names = "--wait-timeout", converter = NonNegativeInt.class, description = "limit")
        Integer waitTimeout;

        @Parameter(names = "--reuse-backup", converter = Reuse.class, description = "reuse")
        @OptionalValue("link")
        String reuse;

        @Parameter(names = "--name", converter = BackupNameText.class, description = "name")
        String name;

        @Parameter(names = "--tablespace", description = "relocation")
        List<String> tablespaces;

        @Parameter(names = "--manifest", description = "with manifest")
        boolean manifest;

        @Parameter(names = "--no-manifest", description = "without manifest")
        boolean noManifest;
    }

    /** Choices of an option. */
    public static final class Reuse extends ChoiceConverter {
        public Reuse() {
            super("copy", "link", "off");
        }
    }

    private final Sample sample = new Sample();
    private final CommandLineBinder binder = new CommandLineBinder(sample, List.of(Positional.SERVERS));

    private Arguments bind(String... words) throws UsageException {
        return binder.bind(List.of(words)).orElseThrow();
    }

    @Test
    void positionalsAloneNeedNoOptions() throws Exception {
        assertThat(bind("b", "a").all("server_name")).containsExactly("b", "a");
        assertThat(sample.jobs).isNull();
    }

    @Test
    void optionsAndPositionalsMayBeMixed() throws Exception {
        Arguments arguments = bind("a", "-j3", "b", "--wait", "--wait-timeout=0", "--name", "monthly");
        assertThat(arguments.all("server_name")).containsExactly("a", "b");
        assertThat(sample.jobs).isEqualTo(3);
        assertThat(sample.wait).isTrue();
        assertThat(sample.waitTimeout).isZero();
        assertThat(sample.name).isEqualTo("monthly");
    }

    @Test
    void exactNameWinsOverALongerOne() throws Exception {
        bind("--wait", "a");
        assertThat(sample.wait).isTrue();
        assertThatThrownBy(() -> bind("--wai", "a"))
                .hasMessage("ambiguous option: --wai could match --wait, --wait-timeout");
    }

    @Test
    void optionWithAnOptionalValueTakesTheNextWordOrItsDefault() throws Exception {
        bind("a", "--reuse-backup");
        assertThat(sample.reuse).isEqualTo("link");
        bind("a", "--reuse-backup=off");
        assertThat(sample.reuse).isEqualTo("off");
        assertThatThrownBy(() -> bind("--reuse-backup", "a"))
                .hasMessage("argument --reuse-backup: invalid choice: 'a' (choose from 'copy', 'link', 'off')");
    }

    @Test
    void negativeNumbersAreValuesAndDoubleDashEndsTheOptions() throws Exception {
        assertThatThrownBy(() -> bind("--retry-times", "-1", "a"))
                .hasMessage("argument --retry-times: '-1' is not a valid non negative integer");
        assertThat(bind("--", "-j", "b").all("server_name")).containsExactly("-j", "b");
    }

    @Test
    void numbersAreCheckedWithTheirOwnWords() {
        assertThatThrownBy(() -> bind("-j", "0", "a"))
                .hasMessage("argument --jobs/-j: '0' is not a valid positive integer");
        assertThatThrownBy(() -> bind("-j", "x", "a")).hasMessage("argument --jobs/-j: 'x' is not a valid input");
        assertThatThrownBy(() -> bind("a", "-j")).hasMessage("argument --jobs/-j: expected one argument");
    }

    @Test
    void namesOfBackupsMustNotMeanSomethingElse() {
        assertThatThrownBy(() -> bind("--name", "", "a")).hasMessage("argument --name: Backup name cannot be empty");
        assertThatThrownBy(() -> bind("--name", "20261120T112036", "a"))
                .hasMessage("argument --name: Backup name '20261120T112036' is not allowed: backup ID");
        assertThatThrownBy(() -> bind("--name", "latest-full", "a"))
                .hasMessage("argument --name: Backup name 'latest-full' is not allowed: reserved word");
    }

    @Test
    void repeatedOptionsOfAListAreCollectedAndOthersReplaced() throws Exception {
        bind("a", "--tablespace", "x:/1", "--tablespace", "y:/2,3", "-j", "2", "-j", "4");
        assertThat(sample.tablespaces).containsExactly("x:/1", "y:/2,3");
        assertThat(sample.jobs).isEqualTo(4);
    }

    @Test
    void lastOfAPairWins() throws Exception {
        assertThat(bind("a", "--manifest", "--no-manifest").toggle("manifest")).contains(false);
        assertThat(bind("a", "--no-manifest", "--manifest").toggle("manifest")).contains(true);
        assertThat(bind("a").toggle("manifest")).isEmpty();
    }

    @Test
    void missingPositionalsAreTheCommandsErrorAndUnknownWordsTheProgramS() {
        assertThatThrownBy(() -> bind("-w"))
                .isInstanceOfSatisfying(
                        UsageException.class, e -> assertThat(e.isGlobal()).isFalse())
                .hasMessage("the following arguments are required: server_name");
        assertThatThrownBy(() -> bind("a", "-q"))
                .isInstanceOfSatisfying(
                        UsageException.class, e -> assertThat(e.isGlobal()).isTrue())
                .hasMessage("unrecognized arguments: -q");
        CommandLineBinder single = new CommandLineBinder(new Sample(), List.of(Positional.SERVER, Positional.BACKUP));
        assertThatThrownBy(() -> single.bind(List.of()))
                .hasMessage("the following arguments are required: server_name, backup_id");
        assertThatThrownBy(() -> single.bind(List.of("a", "b", "c"))).hasMessage("unrecognized arguments: c");
    }

    @Test
    void flagTakesNoValue() {
        assertThatThrownBy(() -> bind("--wait=yes", "a"))
                .hasMessage("argument --wait/-w: ignored explicit argument 'yes'");
    }

    @Test
    void helpEndsTheParseAndNamesEveryOption() throws Exception {
        assertThat(binder.bind(List.of("-h", "--nonsense"))).isEmpty();
        String help = HelpText.help("sample", "do something", binder);
        assertThat(help)
                .startsWith("usage: barman sample [-h] [--jobs NJOBS]")
                .contains("[--reuse-backup [REUSE_BACKUP]]", "server_name [server_name ...]", "--jobs, -j NJOBS")
                .contains("Do something.");
    }
}
