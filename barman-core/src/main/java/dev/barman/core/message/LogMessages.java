// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.message;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Messages for the log alone, for work that is done on the side of a command. Thread-safe. */
public class LogMessages implements Messages {
    private final Logger logger;

    /** @param loggerName under which name the messages are logged */
    public LogMessages(String loggerName) {
        this.logger = LoggerFactory.getLogger(loggerName);
    }

    @Override
    public void debug(String message) {
        logger.debug(message);
    }

    @Override
    public void info(String message) {
        logger.info(message);
    }

    @Override
    public void warning(String message) {
        logger.warn(message);
    }

    @Override
    public void error(String message) {
        logger.error(message);
    }

    @Override
    public void exception(String message) {
        logger.error(message);
    }
}
