// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import dev.barman.testing.LauncherTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launchers with a script in the place of Java: what they start, and which exit codes PostgreSQL gets to see. */
class CloudLauncherTest {
    private static final String PRINT_WORDS = "for word; do printf '%s\\n' \"$word\"; done";
    private static final String MAIN_PREFIX = "dev.barman.cloudarchive.Cloud";

    @TempDir
    Path directory;

    private LauncherTree tree;

    @BeforeEach
    void assemble() throws IOException {
        tree = LauncherTree.in(directory);
        // As the build leaves them.
        Files.writeString(tree.root().resolve("lib/wal.jars"), "./one-1.0.jar:./two.jar");
        Files.writeString(tree.root().resolve("lib/backup.jars"), "./one-1.0.jar:./two.jar:./engine.jar");
    }

    private List<String> commands() throws IOException {
        try (Stream<Path> files = Files.list(tree.root().resolve("bin"))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    /** {@code barman-cloud-wal-archive}: {@code CloudWalArchiveMain}. */
    private static String mainOf(String command) {
        StringBuilder main = new StringBuilder(MAIN_PREFIX);
        for (String word : command.substring("barman-cloud-".length()).split("-", -1)) {
            main.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
        }
        return main.append("Main").toString();
    }

    @ParameterizedTest
    @CsvSource({
        // nothing encrypted, and no MD5 that would take long
        "barman-cloud-wal-restore,  --endpoint-url=http://store:9000,                 false",
        "barman-cloud-wal-archive,  --endpoint-url=http://store:9000,                 false",
        "barman-cloud-restore,      --endpoint-url=http://store:9000,                 false",
        "barman-cloud-backup,       --endpoint-url=http://localhost:9000 -z,          false",
        "barman-cloud-backup,       --endpoint-url=http://127.0.0.1:9000,             false",
        "barman-cloud-backup,       --endpoint-url=http://[::1]:9000,                 false",
        // TLS
        "barman-cloud-wal-restore,  --endpoint-url=https://store,                     true",
        "barman-cloud-wal-archive,  -z,                                               true",
        "barman-cloud-restore,      --cloud-provider=aws-s3,                          true",
        "barman-cloud-backup,       --endpoint-url=https://127.0.0.1,                 true",
        // MD5 of much
        "barman-cloud-backup,       --endpoint-url=http://store:9000,                 true",
        "barman-cloud-wal-archive,  --endpoint-url=http://store:9000 --parallel=8,    true",
        // compressions in Java
        "barman-cloud-wal-archive,  --endpoint-url=http://store:9000 --xz,            true",
        "barman-cloud-backup,       --endpoint-url=http://localhost:9000 -j,          true",
        "barman-cloud-backup,       --endpoint-url=http://localhost:9000 --snappy,    true"
    })
    void theSecondCompilerRunsWhereItGains(String command, String words, boolean expected) throws Exception {
        tree.javaIs(PRINT_WORDS);

        String out = tree.run(command, words.split(" ", -1)).out();

        assertThat(lastTieredStopAt(out)).isEqualTo(expected ? "4" : "1");
    }

    @ParameterizedTest
    @CsvSource({
        "AWS_ENDPOINT_URL_S3,            http://localhost:9000, barman-cloud-backup,                        false",
        "AWS_ENDPOINT_URL,               http://localhost:9000, barman-cloud-wal-restore,                   false",
        "AWS_ENDPOINT_URL,               http://localhost:9000, barman-cloud-wal-restore --endpoint-url=https://store, true",
        "AWS_ENDPOINT_URL,               http://localhost:9000, barman-cloud-wal-restore gs://bucket,       true",
        "AWS_REQUEST_CHECKSUM_CALCULATION, when_required, barman-cloud-backup --endpoint-url=http://localhost, true"
    })
    void soDoesTheEnvironment(String name, String value, String words, boolean expected) throws Exception {
        tree.javaIs(PRINT_WORDS);
        String[] argv = words.split(" ", -1);
        argv[0] = tree.root().resolve("bin/" + argv[0]).toString();

        String out = LauncherTree.finish(
                        tree.start(argv[0], Map.of(name, value), Arrays.copyOfRange(argv, 1, argv.length)))
                .out();

        assertThat(lastTieredStopAt(out)).isEqualTo(expected ? "4" : "1");
    }

    private static String lastTieredStopAt(String words) {
        String option = "-XX:TieredStopAtLevel=";
        return words.lines()
                .filter(word -> word.startsWith(option))
                .reduce((first, second) -> second)
                .orElseThrow()
                .substring(option.length());
    }

    @Test
    void everyCommandStartsTheClassOfItsName() throws Exception {
        tree.javaIs(PRINT_WORDS);
        assertThat(commands())
                .contains(
                        "barman-cloud-backup",
                        "barman-cloud-wal-archive",
                        "barman-cloud-wal-restore",
                        "barman-cloud-backup-list",
                        "barman-cloud-backup-show",
                        "barman-cloud-backup-delete",
                        "barman-cloud-backup-keep",
                        "barman-cloud-restore",
                        "barman-cloud-check-wal-archive");
        for (String command : commands()) {
            LauncherTree.Run run = tree.run(command, "a b", "", "*");
            assertThat(run.code()).as(command).isZero();
            assertThat(run.out()).as(command).endsWith("\n" + mainOf(command) + "\na b\n\n*\n");
            assertThat(Class.forName(mainOf(command)).getMethod("main", String[].class))
                    .isNotNull();
        }
    }

    @Test
    void everyMainClassHasItsCommand() throws Exception {
        List<String> mains = new ArrayList<>();
        for (String command : commands()) {
            mains.add(mainOf(command));
        }
        new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("dev.barman.cloudarchive")
                        .stream()
                        .filter(type -> type.getSimpleName().startsWith("Cloud")
                                && type.getSimpleName().endsWith("Main"))
                        .forEach(type -> assertThat(mains).contains(type.getName()));
    }

    @Test
    void classPathIsTheOneOfTheCommand() throws Exception {
        tree.javaIs(PRINT_WORDS);
        Path lib = tree.root().toRealPath().resolve("lib");
        String wal = lib + "/barman-cloud-archive.jar:" + lib + "/one-1.0.jar:" + lib + "/two.jar";

        assertThat(tree.run("barman-cloud-wal-archive").out()).contains("\n-cp\n" + wal + "\n");
        assertThat(tree.run("barman-cloud-backup-list").out()).contains("\n-cp\n" + wal + ":" + lib + "/engine.jar\n");
    }

    @Test
    void classArchiveIsTheOneOfTheClassPath() throws Exception {
        tree.javaIs(PRINT_WORDS);
        Path lib = tree.root().toRealPath().resolve("lib");
        Files.createFile(lib.resolve("wal.jsa"));
        Files.createFile(lib.resolve("backup.jsa"));

        assertThat(tree.run("barman-cloud-wal-archive").out().lines())
                .contains("-XX:SharedArchiveFile=" + lib.resolve("wal.jsa"), "-XX:+UseSerialGC");
        assertThat(tree.run("barman-cloud-backup-show").out().lines())
                .contains("-XX:SharedArchiveFile=" + lib.resolve("backup.jsa"), "-XX:+UseSerialGC");
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,1", "2,2", "3,3", "4,4", "125,125", "126,4", "134,4", "143,4", "255,4"})
    void archiveNeverEndsAbove125(int fromJava, int toPostgres) throws Exception {
        tree.javaIs("exit " + fromJava);
        assertThat(tree.run("barman-cloud-wal-archive").code()).isEqualTo(toPostgres);
    }

    @ParameterizedTest
    @CsvSource({
        "0,0", "64,1", "65,2", "66,3", "67,4", "143,143", "1,126", "3,126", "4,126", "70,126", "134,126", "255,126"
    })
    void restoreLetsThroughOnlyWhatTheProgramMeans(int fromJava, int toPostgres) throws Exception {
        tree.javaIs("exit " + fromJava);

        assertThat(tree.run("barman-cloud-wal-restore").code()).isEqualTo(toPostgres);
    }

    @Test
    void othersEndAsTheirProgramDoes() throws Exception {
        tree.javaIs("exit 4");
        assertThat(tree.run("barman-cloud-backup-delete").code()).isEqualTo(4);
    }

    @Test
    void commandsForWalNeedNothingOfTheEngine() {
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.barman");
        ArchRuleDefinition.noClasses()
                .that()
                .haveSimpleName("CloudWalArchiveMain")
                .or()
                .haveSimpleName("CloudWalRestoreMain")
                .or()
                .haveSimpleName("WalPrefetchMain")
                .or()
                .haveSimpleName("WalTraining")
                .should()
                .transitivelyDependOnClassesThat()
                .resideInAnyPackage("dev.barman.core..", "dev.barman.storage.local..")
                .check(classes);
    }
}
