@NullMarked
package dev.sluice.daemon.config;

import org.jspecify.annotations.NullMarked;
