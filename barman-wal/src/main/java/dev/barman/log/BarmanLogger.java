// SPDX-License-Identifier: Apache-2.0
package dev.barman.log;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** A named logger that writes to the process's log. */
final class BarmanLogger extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    /** Below DEBUG, which Python has no name for. */
    private static final LogLevel TRACE = new LogLevel(5);

    /** What the clouds' libraries report is reported by us where it matters; their own words are for whoever looks for a defect. */
    private static final List<String> LIBRARIES =
            List.of("com.azure.", "com.microsoft.aad.", "com.google.", "reactor.", "software.amazon.awssdk.");

    private final transient LogOutput output;
    private final boolean library;

    @SuppressWarnings("this-escape")
    BarmanLogger(String name, LogOutput output) {
        this.name = name;
        this.output = output;
        this.library = isOfLibrary(name);
    }

    private static boolean isOfLibrary(String name) {
        for (String library : LIBRARIES) {
            if (name.startsWith(library)) {
                return true;
            }
        }
        return false;
    }

    private boolean isEnabled(LogLevel level) {
        return output.isEnabled(library && level.number() > LogLevel.DEBUG.number() ? LogLevel.DEBUG : level);
    }

    @Override
    public boolean isTraceEnabled() {
        return isEnabled(TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
        return isEnabled(LogLevel.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
        return isEnabled(LogLevel.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return isEnabled(LogLevel.WARNING);
    }

    @Override
    public boolean isErrorEnabled() {
        return isEnabled(LogLevel.ERROR);
    }

    @Override
    public boolean isErrorEnabled(@Nullable Marker marker) {
        return isEnabled(errorLevel(marker));
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level,
            @Nullable Marker marker,
            @Nullable String message,
            @Nullable Object @Nullable [] arguments,
            @Nullable Throwable failure) {
        String text = arguments == null || arguments.length == 0
                ? String.valueOf(message)
                : MessageFormatter.basicArrayFormat(String.valueOf(message), arguments);
        output.write(name, number(level, marker), text, failure);
    }

    private static LogLevel number(Level level, @Nullable Marker marker) {
        return switch (level) {
            case TRACE -> TRACE;
            case DEBUG -> LogLevel.DEBUG;
            case INFO -> LogLevel.INFO;
            case WARN -> LogLevel.WARNING;
            case ERROR -> errorLevel(marker);
        };
    }

    private static LogLevel errorLevel(@Nullable Marker marker) {
        return marker != null && BarmanLog.CRITICAL_MARKER.equals(marker.getName())
                ? LogLevel.CRITICAL
                : LogLevel.ERROR;
    }
}
