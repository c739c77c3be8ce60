@NullMarked
package dev.sluice.daemon.http;

import org.jspecify.annotations.NullMarked;
