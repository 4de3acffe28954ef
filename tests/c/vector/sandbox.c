/* The sandbox: `ava sandbox` as a process of its own, and its control plane. */
#include "runner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool sandbox_start(sandbox *it, const char *ava) {
    int out[2], in[2];
    char line[1024];
    size_t length = 0;
    cJSON *ready;
    if (pipe(out) != 0 || pipe(in) != 0) {
        return failed("no pipe");
    }
    it->pid = fork();
    if (it->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        unsetenv("AVA_BASE_URL");
        unsetenv("AVA_API_KEY");
        execl(ava, ava, "--json", "sandbox", "--api-key", "sk_vectors_7f3k9q2x", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    while (length < sizeof line - 1 && read(out[0], line + length, 1) == 1 && line[length] != '\n') {
        length++;
    }
    line[length] = '\0';
    close(out[0]);
    it->input = in[1];
    ready = cJSON_Parse(line);
    if (ready == NULL) {
        return failed("the sandbox was not ready: %s", line);
    }
    it->base_url = copy(cJSON_GetObjectItem(ready, "base_url")->valuestring);
    it->api_key = copy(cJSON_GetObjectItem(ready, "api_key")->valuestring);
    it->port = atoi(strrchr(it->base_url, ':') + 1);
    cJSON_Delete(ready);
    return true;
}

void sandbox_stop(sandbox *it) {
    kill(it->pid, 15);
    waitpid(it->pid, NULL, 0);
    close(it->input);
    free(it->base_url);
    free(it->api_key);
}

static bool all(int socket, const char *what, size_t length) {
    while (length > 0) {
        ssize_t sent = send(socket, what, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        what += sent;
        length -= (size_t)sent;
    }
    return true;
}

cJSON *control(const sandbox *it, const char *method, const char *path, const char *body, size_t length) {
    struct sockaddr_in address;
    char head[512], part[8192];
    text answer = {NULL, 0};
    ssize_t got;
    cJSON *json = NULL;
    int plug = socket(AF_INET, SOCK_STREAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)it->port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(head, sizeof head,
             "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\nContent-Type: application/json\r\n"
             "Content-Length: %lu\r\n\r\n",
             method, path, it->port, (unsigned long)length);
    add_string(&answer, "");
    if (connect(plug, (struct sockaddr *)&address, sizeof address) == 0 && all(plug, head, strlen(head)) &&
        all(plug, body, length)) {
        while ((got = recv(plug, part, sizeof part, 0)) > 0) {
            add(&answer, part, (size_t)got);
        }
    }
    close(plug);
    if (answer.length > 12 && answer.data[9] == '2') {
        const char *content = strstr(answer.data, "\r\n\r\n");
        json = parse(content != NULL ? content + 4 : "");
        json = json != NULL ? json : cJSON_CreateObject();
    } else {
        failed("control %s %s: %.300s", method, path, answer.data);
    }
    free(answer.data);
    return json;
}

cJSON *recorded(const sandbox *it) { return control(it, "GET", "/_sandbox/requests", "", 0); }
