// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The description of one external program to run: arguments, environment, working directory and standard input.
 *
 * <p>The argument list goes to the program as it is; no shell is involved unless {@link #shell} asks for one. Secrets
 * belong on standard input or in the environment, never in the arguments, which every user of the machine can read.
 * Standard input is the null device unless set. Immutable: the {@code with} methods return changed copies.
 */
public final class Command {
    private static final File NULL_DEVICE = new File("/dev/null");

    private final List<String> argv;
    private final Map<String, String> environment;
    private final List<String> removedVariables;
    private final @Nullable Path workingDirectory;
    private final byte @Nullable [] stdinBytes;
    private final @Nullable Path stdinFile;
    private final @Nullable Path stdoutFile;

    private Command(
            List<String> argv,
            Map<String, String> environment,
            List<String> removedVariables,
            @Nullable Path workingDirectory,
            byte @Nullable [] stdinBytes,
            @Nullable Path stdinFile,
            @Nullable Path stdoutFile) {
        this.argv = argv;
        this.environment = environment;
        this.removedVariables = removedVariables;
        this.workingDirectory = workingDirectory;
        this.stdinBytes = stdinBytes;
        this.stdinFile = stdinFile;
        this.stdoutFile = stdoutFile;
    }

    /** @throws IllegalArgumentException if there is no program name */
    public static Command of(List<String> argv) {
        if (argv.isEmpty() || argv.get(0).isEmpty()) {
            throw new IllegalArgumentException("a command needs a program: " + argv);
        }
        return new Command(List.copyOf(argv), Map.of(), List.of(), null, null, null, null);
    }

    /** @throws IllegalArgumentException if there is no program name */
    public static Command of(String... argv) {
        return of(List.of(argv));
    }

    /**
     * A script for {@code /bin/sh -c}.
     *
     * @param arguments the script's {@code $1}, {@code $2}, ... ({@code $0} is {@code sh})
     */
    public static Command shell(String script, String... arguments) {
        List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", script));
        if (arguments.length > 0) {
            argv.add("sh");
            argv.addAll(List.of(arguments));
        }
        return of(argv);
    }

    /** Adds arguments at the end. */
    public Command withArguments(List<String> more) {
        List<String> all = new ArrayList<>(argv);
        all.addAll(more);
        return new Command(
                List.copyOf(all), environment, removedVariables, workingDirectory, stdinBytes, stdinFile, stdoutFile);
    }

    /** Sets a variable on top of the inherited environment. */
    public Command withEnvironment(String name, String value) {
        return withEnvironment(Map.of(name, value));
    }

    /** Sets variables on top of the inherited environment. */
    public Command withEnvironment(Map<String, String> variables) {
        Map<String, String> all = new LinkedHashMap<>(environment);
        all.putAll(variables);
        return new Command(argv, all, removedVariables, workingDirectory, stdinBytes, stdinFile, stdoutFile);
    }

    /** Takes a variable out of the inherited environment. */
    public Command withoutEnvironment(String name) {
        List<String> all = new ArrayList<>(removedVariables);
        all.add(name);
        return new Command(argv, environment, all, workingDirectory, stdinBytes, stdinFile, stdoutFile);
    }

    /** Sets the working directory; without it, that of this process. */
    public Command withWorkingDirectory(Path directory) {
        return new Command(argv, environment, removedVariables, directory, stdinBytes, stdinFile, stdoutFile);
    }

    /** Gives these bytes on standard input and then closes it. */
    public Command withStdin(byte[] bytes) {
        return new Command(argv, environment, removedVariables, workingDirectory, bytes.clone(), null, stdoutFile);
    }

    /** Opens this file as standard input. */
    public Command withStdin(Path file) {
        return new Command(argv, environment, removedVariables, workingDirectory, null, file, stdoutFile);
    }

    /** Writes standard output to this file, which is created or truncated; the result's text is then empty. */
    public Command withStdout(Path file) {
        return new Command(argv, environment, removedVariables, workingDirectory, stdinBytes, stdinFile, file);
    }

    /** The program and its arguments. */
    public List<String> argv() {
        return argv;
    }

    /** The last part of the program's path, for messages. */
    public String programName() {
        String program = argv.get(0);
        return program.substring(program.lastIndexOf('/') + 1);
    }

    /** The variables that are set on top of the inherited environment. */
    public Map<String, String> environment() {
        return Map.copyOf(environment);
    }

    boolean hasStdinFile() {
        return stdinFile != null;
    }

    byte @Nullable [] stdinBytes() {
        return stdinBytes;
    }

    /**
     * Starts the program as the leader of a new session with standard input, output and error on the null device (or on
     * the files set), so that neither the end of this process nor a signal to its terminal reaches it. The caller does
     * not wait for it.
     *
     * <p>Uses the program {@code setsid}; where there is none, a shell with job control gives the program a process
     * group of its own.
     *
     * @return the process id of the program, or of the shell that started it
     * @throws IOException if the program cannot be started
     * @throws IllegalStateException if bytes were set as standard input, since nobody would stay to write them
     */
    public long startDetached() throws IOException {
        if (stdinBytes != null) {
            throw new IllegalStateException("a detached command cannot be given bytes on standard input");
        }
        List<String> detached = new ArrayList<>();
        Path setsid = ExecutableSearch.ofPath().find("setsid").orElse(null);
        if (setsid != null) {
            // Not a process group leader, so setsid replaces itself with the program and the pid stays.
            detached.add(setsid.toString());
        } else {
            detached.addAll(List.of("/bin/sh", "-c", "set -m; \"$@\" & exit 0", "sh"));
        }
        detached.addAll(argv);
        ProcessBuilder builder = builder(detached);
        builder.redirectError(ProcessBuilder.Redirect.appendTo(NULL_DEVICE));
        if (stdoutFile == null) {
            builder.redirectOutput(ProcessBuilder.Redirect.appendTo(NULL_DEVICE));
        }
        return start(builder).pid();
    }

    ProcessBuilder builder() {
        return builder(argv);
    }

    private ProcessBuilder builder(List<String> arguments) {
        ProcessBuilder builder = new ProcessBuilder(arguments);
        if (!removedVariables.isEmpty() || !environment.isEmpty()) {
            Map<String, String> variables = builder.environment();
            for (String name : removedVariables) {
                variables.remove(name);
            }
            variables.putAll(environment);
        }
        if (workingDirectory != null) {
            builder.directory(workingDirectory.toFile());
        }
        if (stdinFile != null) {
            builder.redirectInput(stdinFile.toFile());
        } else if (stdinBytes == null) {
            builder.redirectInput(NULL_DEVICE);
        }
        if (stdoutFile != null) {
            builder.redirectOutput(stdoutFile.toFile());
        }
        return builder;
    }

    /** Starts a process and says in the exception what could not be started. */
    Process start(ProcessBuilder builder) throws IOException {
        if (workingDirectory != null && !Files.isDirectory(workingDirectory)) {
            throw new IOException("Cannot run " + programName() + ": no directory " + workingDirectory);
        }
        try {
            return builder.start();
        } catch (IOException e) {
            // The JDK's own text names the program and the operating system's reason.
            String reason = e.getMessage();
            throw new IOException(reason == null ? "Cannot run " + argv.get(0) : reason, e);
        }
    }

    /** The arguments as a shell would have to be given them; for logs. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (String argument : argv) {
            if (text.length() > 0) {
                text.append(' ');
            }
            ShellQuote.append(text, argument);
        }
        return text.toString();
    }
}
