/* The bare machine: posix_spawn of /bin/true with two new files a task, two at a time, and wait. Nothing is remembered. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
    int tasks = argc > 1 ? atoi(argv[1]) : 0, started = 0, running = 0;
    char *args[] = {"true", 0};
    while (started < tasks || running > 0) {
        if (started < tasks && running < 2) {
            posix_spawn_file_actions_t files;
            char out[32], err[32];
            pid_t pid;
            snprintf(out, sizeof out, "%d.out", started);
            snprintf(err, sizeof err, "%d.err", started);
            posix_spawn_file_actions_init(&files);
            posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT | O_APPEND, 0644);
            posix_spawn_file_actions_addopen(&files, 2, err, O_WRONLY | O_CREAT | O_APPEND, 0644);
            if (posix_spawn(&pid, "/bin/true", &files, 0, args, environ) != 0) return 1;
            posix_spawn_file_actions_destroy(&files);
            started++;
            running++;
        } else {
            int status;
            if (wait(&status) < 0 || status != 0) return 1;
            running--;
        }
    }
    return 0;
}
